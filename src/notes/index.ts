import type { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { IncidentNotes } from '../ports/incident-notes.ts';
import { incidentIoNotes, incidentIoNotesOptions } from './incident-io.ts';
import { opsgenieNotes, opsgenieNotesOptions } from './opsgenie.ts';
import { pagerdutyNotes, pagerdutyNotesOptions } from './pagerduty.ts';
import { webhookNotes, webhookNotesOptions } from './webhook.ts';

/** One kind of place for notes: what it may be told, and how it is made. */
export type NotesDefinition = {
  /** Its name in `causeway.yml`, unless that says another. */
  readonly kind: string;
  readonly title: string;
  readonly options: z.ZodType;
  /** Checks the options against the schema; throws a `Failure` of kind `misconfigured` that names the field. */
  create(options: unknown, name: string, clock: Clock): IncidentNotes;
};

/** Everywhere a verdict may be written back. */
export const incidentNotes: readonly NotesDefinition[] = [
  define('pagerduty', 'PagerDuty', pagerdutyNotesOptions, pagerdutyNotes),
  define('incident-io', 'incident.io', incidentIoNotesOptions, incidentIoNotes),
  define('opsgenie', 'Opsgenie', opsgenieNotesOptions, opsgenieNotes),
  define('webhook', 'Webhook', webhookNotesOptions, webhookNotes),
];

function define<Options extends z.ZodObject>(
  kind: string,
  title: string,
  options: Options,
  make: (options: z.output<Options>, name: string, clock: Clock) => IncidentNotes,
): NotesDefinition {
  return {
    kind,
    title,
    options,
    create(given, name, clock) {
      const result = options.safeParse(given);
      if (result.success) return make(result.data, name, clock);
      const wrong = result.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
      throw new Failure(
        'misconfigured',
        `Notes to ${title} cannot be written: ${wrong.join('; ')}.`,
        `Mend \`notes.${name}\` in the configuration. Known names are ${Object.keys(options.shape).join(', ')}.`,
      );
    },
  };
}
