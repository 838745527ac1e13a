import type { z } from 'zod';
import { Failure } from '../failure.ts';
import type { AlertSource } from '../ports/alert-source.ts';
import { pagerduty, pagerdutyOptions } from './pagerduty.ts';

/** One kind of sender: what it may be told, and how it is made. Config, docs and routes are derived from the list below. */
export type AlertSourceDefinition = {
  /** Last part of its address, `/webhooks/<kind>`, and its name in `causeway.yml`. */
  readonly kind: string;
  readonly title: string;
  readonly options: z.ZodType;
  /** Checks the options against the schema; throws a `Failure` of kind `misconfigured` that names the field. */
  create(options: unknown): AlertSource;
};

/** Everybody who can wake us. */
export const alertSources: readonly AlertSourceDefinition[] = [
  define('pagerduty', 'PagerDuty', pagerdutyOptions, pagerduty),
];

function define<Options extends z.ZodType>(
  kind: string,
  title: string,
  options: Options,
  make: (options: z.output<Options>) => AlertSource,
): AlertSourceDefinition {
  return {
    kind,
    title,
    options,
    create(given) {
      const result = options.safeParse(given);
      if (result.success) return make(result.data);
      const wrong = result.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
      throw new Failure(
        'misconfigured',
        `The options of ${title} are wrong: ${wrong.join('; ')}.`,
        `Mend them under \`alerts.${kind}\` in the configuration.`,
      );
    },
  };
}
