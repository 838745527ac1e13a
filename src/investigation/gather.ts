import { Failure } from '../failure.ts';
import type { Alert } from '../model/alert.ts';
import type { Investigation } from '../model/investigation.ts';
import { type EpochMicros, MINUTE } from '../model/units.ts';
import type { Division } from '../ports/analyst.ts';
import { type Aim, aimOfAlert, aimOfQuestion, scopeOf, type WindowQuestion } from './aim.ts';
import { type Choice, chooseTraces } from './gather-choose.ts';
import { readInto } from './gather-read.ts';
import { type Reading, searchAround, startReading } from './gather-search.ts';
import { type Gathered, type GatherParts, gathering, type Progress } from './gathered.ts';
import { nearestNames } from './nearest-names.ts';
import { servicesNamedBy } from './scope.ts';

/** As far back as services are looked for by name. */
export const SERVICES_SEEN = 64 * MINUTE;
/** Of many names so many are told to who got one wrong. */
const NAMES_TOLD = 10;

/** The traces of an alert: its words become an aim, and that is let go step by step where it finds too little. */
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
  const now = parts.clock.now();
  const reading = startReading(parts, options.signal);
  const from = Math.min(alert.startedAt, now) - SERVICES_SEEN;
  const services = options.services ?? servicesNamedBy(alert, await servicesSeen(reading, from, now));
  if (services.length === 0)
    reading.notes.step(`No service is called like the alert's ${alert.service ?? 'title'}, so all were read`);
  return gatherAt(parts, reading, aimOfAlert(alert, services, options.known, now), options.progress);
}

/**
 * The traces of services in a time, both named by a person. Throws a `Failure` of kind `not-found` that names the nearest
 * services when nobody is called so, and when there are no traces in that time.
 */
export async function gatherForWindow(
  parts: GatherParts,
  question: WindowQuestion,
  options: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<Gathered> {
  const reading = startReading(parts, options.signal);
  const known = await servicesSeen(reading, question.from - SERVICES_SEEN, question.to);
  const services = question.services.map((name) => serviceCalled(name, known, parts.backend.title));
  return gatherAt(parts, reading, aimOfQuestion({ ...question, services }), options.progress);
}

const servicesSeen = ({ backend, notes, signal }: Reading, from: EpochMicros, to: EpochMicros) =>
  backend.services(from, to, signal, notes.missing);

/**
 * Finds the traces that are aimed at without being given an id: the search looks back until there is enough to compare
 * (`gather-search.ts`), of what was found some are chosen (`gather-choose.ts`) and read with what they link to
 * (`gather-read.ts`). What began before the onset is the baseline.
 *
 * Throws what the backend throws; a limit that was met is no failure but a note.
 */
async function gatherAt(parts: GatherParts, reading: Reading, aim: Aim, progress: Progress): Promise<Gathered> {
  const { allowance, notes, signal } = reading;
  const { title } = parts.backend;
  const now = parts.clock.now();
  const found = await searchAround(reading, aim);
  const isEmpty = aim.asked === 'by a question' && !found.found.some(({ start }) => start >= aim.at);
  if (isEmpty) throw allowance.isLate() ? allowance.tooLate(title) : nothingIn(aim, title);
  const choice = chooseTraces(found);
  if (choice.note !== undefined) notes.step(choice.note);
  const traceIds = [...new Set([...aim.traceIds, ...choice.traceIds])];
  await progress({ traces: traceIds.length });

  return gathering(parts.analyst, async (study) => {
    await readInto(study, reading, traceIds);
    const divided = await study.divide(divisionOf(aim, choice), signal);
    // Nothing in time is no verdict about nothing: it is tried again.
    if (divided.spans === 0 && allowance.isLate()) throw allowance.tooLate(title);
    if (divided.onset === undefined) notes.step('No moment stands out at which it began');
    const { at, to } = aim;
    const scope = { ...scopeOf(found.rung), from: divided.split ?? at, to, traceIds: aim.traceIds };
    return { divided, scope, notes, title, now };
  });
}

function divisionOf({ asked, at, to, traceIds }: Aim, { picked, whole }: Choice): Division {
  return asked === 'by an alert'
    ? { by: 'onset', alertAt: at, named: traceIds, picked, whole }
    : { by: 'window', from: at, to, picked, whole };
}

/** A service that nobody is called like is a slip of the finger, which no search would tell. Some stores keep small letters only. */
function serviceCalled(name: string, known: readonly string[], title: string): string {
  const spelt = [name, name.toLowerCase()].find((each) => known.includes(each));
  if (spelt !== undefined) return spelt;
  const near = nearestNames(name, known);
  const told = known.slice(0, NAMES_TOLD).join(', ');
  throw new Failure(
    'not-found',
    `No service is called ${name} in ${title}.`,
    near.length > 0
      ? `Did you mean ${near.join(', ')}?`
      : known.length === 0
        ? 'It has seen no services in this time: look whether spans arrive, or take a longer time with --from.'
        : `It knows ${told}${known.length > NAMES_TOLD ? ` and ${known.length - NAMES_TOLD} more` : ''}.`,
  );
}

function nothingIn({ services, operation, at, to }: Aim, title: string): Failure {
  const iso = (micros: EpochMicros) => new Date(micros / 1_000).toISOString();
  return new Failure(
    'not-found',
    `${services.join(', ')} has no traces${operation === undefined ? '' : ` of ${operation}`} between ${iso(at)} and ${iso(to)} in ${title}.`,
    'Take a longer time with --from and --to, or look whether its spans arrive.',
  );
}
