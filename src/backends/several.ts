import { Failure } from '../failure.ts';
import { type EpochMicros, SECOND, type TraceId } from '../model/units.ts';
import { type Clock, systemClock } from '../ports/clock.ts';
import type { Missing, TraceBackend, TraceHit, TraceQuery } from '../ports/trace-backend.ts';
import { ranked } from './found-traces.ts';

/** One of several places, and what it keeps; without a list it may keep anything. */
export type Place = {
  readonly backend: TraceBackend;
  /** `service.name`s whose spans it keeps. */
  readonly services?: readonly string[];
  /** `deployment.environment.name`s whose traces it keeps, whole. */
  readonly environments?: readonly string[];
};

/** Of so many traces it is remembered where they were found; the oldest are forgotten. */
const REMEMBERED = 10_000;
/** A place that failed is passed over for so long by whoever goes on without it: one time-out is enough for one verdict. */
const PASSED_OVER = 30 * SECOND;
const ENVIRONMENTS = ['deployment.environment.name', 'deployment.environment'];

/**
 * Several places as one, for teams whose services or environments report to different ones. A question about a service or an
 * environment goes to the places that keep it, any other question to all. A trace may have spans of several services, so it
 * is fetched from all of them; an environment keeps its traces whole:
 *
 * ```
 *   search checkout ─▶ Jaeger (services: checkout, cart)
 *   search ──────────▶ Jaeger, Tempo      the hits of a trace become one, with the bounds of both
 *   fetch  ──────────▶ Jaeger, then Tempo
 * ```
 *
 * When one of them fails, the question fails too, unless whoever asks takes notes of what is missing: then the others'
 * answer stands, and the note says whose spans it lacks. When all that were asked fail, there is no answer.
 */
export function severalBackends(places: readonly [Place, ...Place[]], clock: Clock = systemClock): TraceBackend {
  const homes = new Map<TraceId, Place>();
  const failed = new Map<Place, { readonly failure: Failure; readonly until: EpochMicros }>();

  function remember(traceId: TraceId, place: Place): void {
    homes.delete(traceId);
    homes.set(traceId, place);
    const oldest = homes.keys().next().value;
    if (homes.size > REMEMBERED && oldest !== undefined) homes.delete(oldest);
  }

  /** What a place failed with moments ago; with nobody to take notes it is asked all the same. */
  function knownFailure(place: Place, missing: Missing | undefined): Failure | undefined {
    const known = failed.get(place);
    if (missing === undefined || known === undefined) return undefined;
    if (clock.now() < known.until) return known.failure;
    failed.delete(place);
    return undefined;
  }

  function failureAt(place: Place, thrown: unknown): Failure {
    const failure = Failure.from(thrown);
    if (failed.get(place)?.failure !== failure) failed.set(place, { failure, until: clock.now() + PASSED_OVER });
    return failure;
  }

  /** The answers of those that gave one; throws when nobody did, or when one did not and nobody takes notes. */
  async function askAll<T>(
    asked: readonly Place[],
    ask: (place: Place) => Promise<T>,
    signal: AbortSignal,
    missing: Missing | undefined,
  ): Promise<readonly { readonly place: Place; readonly answer: T }[]> {
    const outcomes = await Promise.all(
      asked.map(async (place) => {
        const known = knownFailure(place, missing);
        if (known !== undefined) return { place, failure: known };
        try {
          return { place, answer: await ask(place) };
        } catch (thrown) {
          signal.throwIfAborted();
          return { place, failure: failureAt(place, thrown) };
        }
      }),
    );
    const answers = outcomes.flatMap((outcome) => (outcome.failure === undefined ? [outcome] : []));
    for (const { failure } of outcomes) {
      if (failure === undefined) continue;
      if (missing === undefined || answers.length === 0) throw failure;
      missing(noteOf(failure));
    }
    return answers;
  }

  return {
    title: places.map(({ backend }) => backend.title).join(' and '),
    async *fetch(traceIds, signal, missing) {
      let first: Failure | undefined;
      let answered = false;
      for (const place of places) {
        const ids = traceIds.filter((traceId) => mayHold(place, homes.get(traceId)));
        if (ids.length === 0) continue;
        try {
          const known = knownFailure(place, missing);
          if (known !== undefined) throw known;
          for await (const batch of place.backend.fetch(ids, signal, missing)) {
            for (const { traceId } of batch) if (!homes.has(traceId)) remember(traceId, place);
            yield batch;
          }
          answered = true;
        } catch (thrown) {
          signal.throwIfAborted();
          const failure = failureAt(place, thrown);
          if (missing === undefined) throw failure;
          missing(noteOf(failure));
          first ??= failure;
        }
      }
      if (!answered && first !== undefined) throw first;
    },
    async search(query, signal, missing) {
      const asked = places.filter((place) => keeps(place, query));
      const answers = await askAll(asked, ({ backend }) => backend.search(query, signal, missing), signal, missing);
      const hits = new Map<TraceId, TraceHit>();
      for (const { place, answer } of answers) {
        for (const hit of answer) {
          const known = hits.get(hit.traceId);
          if (known === undefined) remember(hit.traceId, place);
          hits.set(hit.traceId, known === undefined ? hit : joined(known, hit));
        }
      }
      return ranked([...hits.values()], query);
    },
    async services(from, to, signal, missing) {
      const ask = ({ backend }: Place) => backend.services(from, to, signal, missing);
      const answers = await askAll(places, ask, signal, missing);
      return [...new Set(answers.flatMap(({ answer }) => answer))].toSorted();
    },
    linkTo: (traceId, spanId) => (homes.get(traceId) ?? places[0]).backend.linkTo(traceId, spanId),
    async check(signal) {
      const healths = await Promise.all(places.map(({ backend }) => backend.check(signal)));
      const hint = healths.find((health) => !health.ok)?.hint ?? healths.find((health) => health.hint)?.hint;
      return {
        ok: healths.every((health) => health.ok),
        detail: healths.map((health, index) => `${places[index]?.backend.title}: ${health.detail}`).join('; '),
        ...(hint === undefined ? {} : { hint }),
      };
    },
  };
}

function keeps({ services, environments }: Place, { service, attributes }: TraceQuery): boolean {
  if (service !== undefined && services !== undefined && !services.includes(service)) return false;
  const wanted = ENVIRONMENTS.map((name) => attributes?.[name]).find((value) => value !== undefined);
  return wanted === undefined || environments === undefined || environments.includes(wanted);
}

/** A trace that was found in one environment has no spans in a place that keeps only others. */
function mayHold({ environments }: Place, home: Place | undefined): boolean {
  const own = home?.environments;
  return own === undefined || environments === undefined || environments.some((name) => own.includes(name));
}

function joined(left: TraceHit, right: TraceHit): TraceHit {
  const start = Math.min(left.start, right.start);
  const end = Math.max(left.start + left.duration, right.start + right.duration);
  const first = left.start <= right.start ? left : right;
  return { ...first, start, duration: end - start, error: left.error || right.error };
}

function noteOf(failure: Failure): string {
  return `Spans are missing: ${failure.message.replace(/\.$/, '')}`;
}
