import type { Config } from '../config.ts';
import { type Check, failed, ok } from '../doctor/check.ts';
import { Failure } from '../failure.ts';
import type { NoteBack } from '../investigation/note-back.ts';
import { incidentNotes } from '../notes/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { IncidentNotes } from '../ports/incident-notes.ts';
import type { Intake } from '../ports/intake.ts';
import type { Log } from '../ports/log.ts';

/**
 * The places that `notes` of the configuration names, and PagerDuty where the environment says in whose name. A trial run
 * (`CAUSEWAY_SHADOW`) leaves no notes anywhere. Throws a `Failure` of kind `misconfigured` that names what is wrong.
 */
export function openNotes(config: Config, clock: Clock): readonly IncidentNotes[] {
  if (config.shadow !== undefined) return [];
  return Object.entries(placesOf(config)).map(([name, { kind = name, ...options }]) => {
    const definition = incidentNotes.find((candidate) => candidate.kind === kind);
    if (definition !== undefined) return definition.create(options, name, clock);
    throw new Failure(
      'misconfigured',
      `${name}: there is no kind of place for notes called ${kind}.`,
      `Known under \`notes\` are ${incidentNotes.map((known) => known.kind).join(', ')}; for another receiver give it a name of your own and \`kind: webhook\`.`,
    );
  });
}

/** For `causeway doctor`: whether notes could be written, without writing one. */
export function notesCheck(config: Config, clock: Clock): Check {
  const name = 'Notes';
  return {
    name,
    standing: false,
    async look(signal) {
      const places = openNotes(config, clock);
      if (places.length === 0) return [ok(name, 'none are written: no place is named, or this is a trial run')];
      return Promise.all(
        places.map(async (place) => {
          const own = `${name} to ${place.title}`;
          try {
            return ok(own, (await place.check?.(signal)) ?? 'cannot be tried without writing one');
          } catch (thrown) {
            signal.throwIfAborted();
            return failed(own, thrown);
          }
        }),
      );
    },
  };
}

/** The way in, with a note for the incident of every alert that another alert's investigation answers for. */
export function withNotes(intake: Intake, noteBack: NoteBack, log: Log): Intake {
  return {
    ...intake,
    alert: async (alert) => {
      const acceptance = await intake.alert(alert);
      const { investigation, outcome } = acceptance;
      if (outcome !== 'joined' && outcome !== 'duplicate') return acceptance;
      try {
        // The first try may have died between the alert and its note.
        await noteBack.queueBeside(investigation, alert, outcome === 'duplicate' ? 'again' : undefined);
      } catch (thrown) {
        // The alert is safe; refusing it now would bring it again and count it twice.
        log.warn({ source: alert.source, reason: Failure.from(thrown).message }, 'A note was not queued');
      }
      return acceptance;
    },
  };
}

/** What the file says of PagerDuty wins over the environment; without any name to write in nothing is written there. */
function placesOf(config: Config): Config['notes'] {
  const { apiToken: token, apiUrl: url, from } = config.pagerDuty;
  const given = config.notes.pagerduty;
  if (given === undefined && (token === undefined || from === undefined)) return config.notes;
  const known = { url, ...(token === undefined ? {} : { token }), ...(from === undefined ? {} : { from }) };
  return { ...config.notes, pagerduty: { ...known, ...given } };
}
