import type { SpanRecord } from '../../src/model/span.ts';
import type { TraceId } from '../../src/model/units.ts';
import type { Population } from './population.ts';
import { Random } from './random.ts';
import type { Case } from './scenarios.ts';

/** The traces as they are read, which is not always as they happened. */
export type Evidence = {
  readonly suspects: readonly SpanRecord[];
  readonly baseline: readonly SpanRecord[];
  /** The one trace that was asked about. */
  readonly focus?: TraceId;
};

/** One way in which things are worse than in the drawing. */
export type Condition = {
  readonly name: string;
  readonly read: (one: Case, seed: number) => Population & Evidence;
};

const plain = (one: Case, seed: number): Population => one.populate(seed);

export const AS_IT_IS: Condition = { name: 'as it is', read: plain };

export const DEGRADED: readonly Condition[] = [
  { name: 'one span in twelve lost', read: (one, seed) => changed(plain(one, seed), seed, losing(1 / 12)) },
  { name: 'stock exports half of its spans', read: halfBlind },
  // An offset that the calls between two hosts leave open: a request is on the wire for about half a millisecond.
  { name: 'clocks off by 0.4 ms at most', read: (one, seed) => changed(plain(one, seed), seed, skewed(400)) },
  { name: 'clocks off by up to 2 s, set anew between the windows', read: resetClocks },
  { name: 'tail sampling keeps the slow, the failed and one in ten', read: tailSampled },
  { name: 'another service deployed and slow as well', read: (one, seed) => one.populate(seed, undefined, 1, true) },
  { name: '60 requests in place of 300', read: (one, seed) => one.populate(seed, 30) },
  { name: 'a quarter more load', read: (one, seed) => one.populate(seed, undefined, 1.25) },
  { name: 'no healthy window', read: (one, seed) => ({ ...plain(one, seed), baseline: [] }) },
  { name: 'one trace alone', read: oneTrace },
];

type Change = (spans: readonly SpanRecord[], random: Random) => readonly SpanRecord[];

function changed(population: Population, seed: number, change: Change): Population {
  const random = new Random(seed + 4_711);
  return {
    ...population,
    baseline: change(population.baseline, random),
    suspects: change(population.suspects, random),
  };
}

/** Spans get lost one by one; a request whose entry is lost is one that nobody finds. */
const losing =
  (share: number): Change =>
  (spans, random) =>
    spans.filter((span) => span.parentSpanId === undefined || !random.chance(share));

function halfBlind(one: Case, seed: number): Population {
  const population = plain(one, seed);
  const torn = population.town.names.stock;
  return changed(population, seed, (spans, random) =>
    spans.filter((span) => span.service !== torn || random.chance(0.5)),
  );
}

/** Every host's clock is off by its own amount, the same in both windows when `random` is. */
const skewed =
  (most: number): Change =>
  (spans, random) => {
    const offsets = new Map<string, number>();
    for (const service of new Set(spans.map((span) => span.service).toSorted()))
      offsets.set(service, Math.round(random.between(-most, most)));
    const shift = (time: number, service: string) => time + (offsets.get(service) ?? 0);
    return spans.map((span) => ({
      ...span,
      start: shift(span.start, span.service),
      end: shift(span.end, span.service),
      events: span.events.map((event) => ({ ...event, time: shift(event.time, span.service) })),
    }));
  };

function resetClocks(one: Case, seed: number): Population {
  return changed(plain(one, seed), seed, skewed(2_000_000));
}

/** What a tail sampler keeps, in both windows: failed requests, those beyond half a second, and one in ten of the rest. */
function tailSampled(one: Case, seed: number): Population {
  return changed(plain(one, seed), seed, (spans, random) => {
    const kept = new Set<TraceId>();
    for (const span of spans) {
      if (span.parentSpanId !== undefined) continue;
      const telling = span.status === 'error' || span.end - span.start > 500_000;
      if (telling || random.chance(0.1)) kept.add(span.traceId);
    }
    return spans.filter((span) => kept.has(span.traceId));
  });
}

/** What is asked with `/trace`: of the requests that may meet the incident, one longer than nine in ten, and nothing else. */
function oneTrace(one: Case, seed: number): Population & Evidence {
  const population = plain(one, seed);
  const asked = population.suspects
    .filter(({ parentSpanId, name }) => parentSpanId === undefined && name.endsWith(one.route))
    .toSorted((a, b) => a.end - a.start - (b.end - b.start));
  const focus = asked[Math.floor(0.9 * asked.length)]?.traceId ?? '';
  const suspects = population.suspects.filter(({ traceId }) => traceId === focus);
  return { ...population, suspects, baseline: [], focus };
}
