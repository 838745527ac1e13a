import { incidentNotes } from '../../src/notes/index.ts';
import type { IncidentNotes } from '../../src/ports/incident-notes.ts';
import { heldClock } from '../alerts/make-source.ts';

/** A place out of the list, as the bot would make it. */
export function makeNotes(kind: string, options: unknown, name = kind): IncidentNotes {
  const definition = incidentNotes.find((candidate) => candidate.kind === kind);
  if (definition === undefined) throw new Error(`no ${kind} in the list`);
  return definition.create(options, name, heldClock());
}
