import type { Alert } from '../model/alert.ts';
import type { Investigation } from '../model/investigation.ts';
import { MINUTE } from '../model/units.ts';
import { aimOf, ladder, scopeOf } from './aim.ts';
import { Allowance, INCIDENT_BUDGET } from './budget.ts';
import { chooseTraces } from './gather-choose.ts';
import { readInto } from './gather-read.ts';
import { searchAround } from './gather-search.ts';
import { type Gathered, type GatherParts, gathering, type Progress } from './gathered.ts';
import { knownIncidents } from './known-incidents.ts';
import { Notes } from './notes.ts';
import { servicesNamedBy } from './scope.ts';

/** As far back as services are looked for by name. */
const SERVICES_SEEN = 64 * MINUTE;

/**
 * Finds the traces of an alert without being given an id: what it says narrows the search and is let go step by step where
 * it finds too little (`aim.ts`), the search looks back from now until there is enough to compare (`gather-search.ts`), of
 * what was found some are chosen (`gather-choose.ts`) and read with what they link to (`gather-read.ts`). What began before
 * the onset is the baseline.
 *
 * Throws what the backend throws; a limit that was met is no failure but a note.
 */
export async function gatherForAlert(
  parts: GatherParts,
  alert: Alert,
  options: {
    readonly services?: readonly string[] | undefined;
    readonly known: readonly Investigation[];
    readonly progress: Progress;
    readonly signal: AbortSignal;
  },
): Promise<Gathered> {
  const { backend, clock } = parts;
  const { signal } = options;
  const now = clock.now();
  const alertAt = Math.min(alert.startedAt, now);
  const notes = new Notes();
  const allowance = new Allowance(parts.budget ?? INCIDENT_BUDGET, notes);
  const services =
    options.services ??
    servicesNamedBy(alert, await backend.services(alertAt - SERVICES_SEEN, now, signal, notes.missing));
  if (services.length === 0)
    notes.step(`No service is called like the alert's ${alert.service ?? 'title'}, so all were read`);

  const reading = { backend, allowance, notes, signal };
  const excluded = knownIncidents(options.known, alert);
  const found = await searchAround(reading, ladder(services, aimOf(alert)), { alertAt, now, excluded });
  const choice = chooseTraces(found);
  if (choice.note !== undefined) notes.step(choice.note);
  const traceIds = [...new Set([...alert.traceIds, ...choice.traceIds])];
  await options.progress({ traces: traceIds.length });

  return gathering(parts.analyst, async (study) => {
    await readInto(study, reading, traceIds);
    const named = alert.traceIds;
    const divided = await study.divide({ by: 'onset', alertAt, named, picked: choice.picked }, signal);
    // Nothing in time is no verdict about nothing: it is tried again.
    if (divided.spans === 0 && allowance.isLate()) throw allowance.tooLate(backend.title);
    if (divided.onset === undefined) notes.step('No moment stands out at which it began');
    const scope = { ...scopeOf(found.rung), from: divided.split ?? alertAt, to: now, traceIds: named };
    return { divided, scope, notes, title: backend.title, now };
  });
}
