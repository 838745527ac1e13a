import type { z } from 'zod';
import { Failure } from '../failure.ts';
import type { AlertSource, SourceParts } from '../ports/alert-source.ts';
import { alertmanager, alertmanagerOptions } from './alertmanager.ts';
import { cloudwatch, cloudwatchOptions } from './cloudwatch.ts';
import { datadog } from './datadog.ts';
import { generic, genericOptions } from './generic.ts';
import { grafana, grafanaOptions } from './grafana.ts';
import { honeycomb } from './honeycomb.ts';
import { incidentIo, incidentIoOptions } from './incident-io.ts';
import { newRelic } from './new-relic.ts';
import { opsgenie } from './opsgenie.ts';
import { pagerduty, pagerdutyOptions } from './pagerduty.ts';
import { presetOptions } from './preset.ts';
import { sentry, sentryOptions } from './sentry.ts';
import { splunkOnCall } from './splunk-on-call.ts';

/** One kind of sender: what it may be told, and how it is made. Config, docs and routes are derived from the list below. */
export type AlertSourceDefinition = {
  /** Its name in `causeway.yml` and, unless that says another, the last part of its address, `/webhooks/<kind>`. */
  readonly kind: string;
  readonly title: string;
  readonly options: z.ZodType;
  /** Checks the options against the schema; throws a `Failure` of kind `misconfigured` that names the field. */
  create(options: unknown, parts: SourceParts): AlertSource;
};

/** Everybody who can wake us. */
export const alertSources: readonly AlertSourceDefinition[] = [
  define('pagerduty', 'PagerDuty', pagerdutyOptions, pagerduty),
  define('alertmanager', 'Alertmanager', alertmanagerOptions, alertmanager),
  define('grafana', 'Grafana', grafanaOptions, grafana),
  define('sentry', 'Sentry', sentryOptions, sentry),
  define('incident-io', 'incident.io', incidentIoOptions, incidentIo),
  define('cloudwatch', 'CloudWatch', cloudwatchOptions, cloudwatch),
  define('datadog', 'Datadog', presetOptions, datadog),
  define('honeycomb', 'Honeycomb', presetOptions, honeycomb),
  define('splunk-on-call', 'Splunk On-Call', presetOptions, splunkOnCall),
  define('new-relic', 'New Relic', presetOptions, newRelic),
  define('opsgenie', 'Opsgenie', presetOptions, opsgenie),
  define('generic', 'Generic webhook', genericOptions, generic),
];

function define<Options extends z.ZodType>(
  kind: string,
  title: string,
  options: Options,
  make: (options: z.output<Options>, parts: SourceParts) => AlertSource,
): AlertSourceDefinition {
  return {
    kind,
    title,
    options,
    create(given, parts) {
      const result = options.safeParse(given);
      if (result.success) return make(result.data, parts);
      const wrong = result.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
      throw new Failure(
        'misconfigured',
        `The options of ${title} are wrong: ${wrong.join('; ')}.`,
        `Mend them under \`alerts.${parts.name}\` in the configuration.${knownOf(options)}`,
      );
    },
  };
}

/** The names that an options object knows, for whoever mistyped one. */
function knownOf(options: z.ZodType): string {
  const shape = 'shape' in options && typeof options.shape === 'object' ? Object.keys(options.shape ?? {}) : [];
  return shape.length === 0 ? '' : ` Known names are ${shape.join(', ')}.`;
}
