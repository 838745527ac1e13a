import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/investigation/analyse.ts';
import type { Component } from '../../src/model/finding.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { inputOf, recording } from './analyse-input.ts';
import { type Fault, generate, type Options } from './generated-shop.ts';

/*
 * What must not matter to an analysis, over populations drawn from a seed and over recordings of real services (reference
 * section 14). Nothing here knows what the right answer is: only that two questions which mean the same get the same one.
 */
type Windows = { readonly suspects: readonly SpanRecord[]; readonly baseline: readonly SpanRecord[] };

const FAULTS: readonly Fault[] = [
  'none',
  'tls-retry',
  'write-race',
  'slow-serialisation',
  'auth-cascade',
  'slow-store',
  'one-service-errors',
];
const drawn: fc.Arbitrary<Options> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  fault: fc.constantFrom(...FAULTS),
  share: fc.constantFrom(1, 0.5),
  suspects: fc.constantFrom(1, 12, 40),
  baseline: fc.constantFrom(0, 40),
});
const RECORDINGS = ['tls-retry', 'write-race', 'slow-serialisation', 'auth-cascade', 'audit'].map(
  (name): [string, Windows] => [
    name,
    { suspects: recording(`${name}.abnormal`), baseline: recording(`${name}.normal`) },
  ],
);

const answer = ({ suspects, baseline }: Windows) => analyse(inputOf(suspects, baseline));
const both = ({ suspects, baseline }: Windows, change: (spans: readonly SpanRecord[]) => readonly SpanRecord[]) =>
  answer({ suspects: change(suspects), baseline: change(baseline) });

/** Who is named, for what and how surely: everything but names and numbers. */
const gist = ({ kind, confidence, hypotheses }: Verdict) => ({
  kind,
  confidence,
  named: hypotheses.map(({ role, mechanism, component }) => ({ role, mechanism, component })),
});

/** The relation over drawn populations, and over every recording. */
function holds(
  name: string,
  runs: { readonly numRuns: number; readonly seed?: number },
  relation: (windows: Windows, seed: number) => void,
): void {
  test(`${name}: drawn populations`, { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(drawn, (options) => relation(generate(options), options.seed)),
      runs,
    );
  });
  test.for(RECORDINGS)(`${name}: recording of %s`, { timeout: 30_000 }, ([, windows]) => relation(windows, 17));
}

describe('it does not matter', () => {
  holds('in which order spans come', { numRuns: 25 }, (windows, seed) => {
    expect(both(windows, (spans) => shuffled(spans, seed))).toEqual(answer(windows));
  });

  holds('that some spans come twice', { numRuns: 25 }, (windows, seed) => {
    const doubled = both(windows, (spans) => [...spans, ...shuffled(spans, seed).slice(0, spans.length / 2)]);
    const plain = answer(windows);
    expect(doubled.verdict).toEqual(plain.verdict);
    expect(doubled.impact).toEqual(plain.impact);
    expect(doubled.ranking).toEqual(plain.ranking);
  });

  holds('what time it is', { numRuns: 25 }, (windows, seed) => {
    // Whole milliseconds: a clock that is read in milliseconds goes on being one.
    const by = ((seed % 2_000_000) - 1_000_000) * 1_000_000;
    const later = (span: SpanRecord) => ({
      ...span,
      start: span.start + by,
      end: span.end + by,
      events: span.events.map((event) => ({ ...event, time: event.time + by })),
    });
    const moved = both(windows, (spans) => spans.map(later));
    const plain = answer(windows);
    expect(gist(moved.verdict)).toEqual(gist(plain.verdict));
    expect(moved.ranking).toEqual(plain.ranking);
  });

  holds('how services, peers and traces are called', { numRuns: 25 }, (windows, seed) => {
    const names = namesIn(windows);
    const plain = answer(windows);
    const other = both(windows, (spans) => spans.map((span) => renamed(span, names, String(seed))));
    const back = new Map([...names].map(([before, after]) => [after, before]));
    expect(gist(withNames(other.verdict, back))).toEqual(gist(plain.verdict));
    const scores = new Map(plain.ranking?.map(({ service, score }) => [service, score]));
    // A store without spans may bear the name of whoever asks it, with its kind behind.
    const called = (name: string) => name.replace(/\bn\d{3}\b/g, (word) => back.get(word) ?? word);
    expect(new Map(other.ranking?.map(({ service, score }) => [called(service), score]))).toEqual(scores);
  });

  holds(
    'that healthy requests of another kind were there before and are there still',
    { numRuns: 15 },
    (windows, seed) => {
      const { suspects, baseline } = windows;
      // One request alone is asked what it waited for; among others it is asked why it fared worse than they did.
      if (new Set(suspects.map(({ traceId }) => traceId)).size === 1) return;
      const start = Math.min(...suspects.slice(0, 1).map((span) => span.start));
      const before = Math.min(...baseline.slice(0, 1).map((span) => span.start), start - 10_000_000);
      const plain = answer(windows);
      const crowd = answer({
        suspects: [...suspects, ...strangers(20, start, `s${seed}`)],
        baseline: baseline.length === 0 ? [] : [...baseline, ...strangers(20, before, `b${seed}`)],
      });
      expect(gist(crowd.verdict).named[0]).toEqual(gist(plain.verdict).named[0]);
    },
  );
});

test('a service that changed where nobody waits for it does not move the culprit', { timeout: 60_000 }, () => {
  for (const [name, { suspects, baseline }] of RECORDINGS) {
    const plain = answer({ suspects, baseline });
    const also = answer({
      suspects: [...suspects, ...aside(suspects, 400_000)],
      baseline: [...baseline, ...aside(baseline, 20_000)],
    });
    expect(gist(also.verdict).named[0], name).toEqual(gist(plain.verdict).named[0]);
    expect(also.verdict.kind, name).toBe(plain.verdict.kind);
  }
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.constantFrom(...FAULTS), (seed, fault) => {
      const plain = answer(generate({ seed, fault }));
      const also = answer(generate({ seed, fault, distractor: true }));
      expect(gist(also.verdict).named[0]).toEqual(gist(plain.verdict).named[0]);
    }),
    { numRuns: 15 },
  );
});

const BANDS = { low: 0, medium: 1, high: 2 } as const;

describe('lost spans', () => {
  // The same draws each time: where a verdict stands on the edge of its band, one in some hundreds tips the other way by luck.
  holds('never make a verdict surer, nor another one a cause', { numRuns: 15, seed: 2_026 }, (windows, seed) => {
    const whole = answer(windows).verdict;
    for (const share of [0.1, 0.3, 0.6]) {
      const random = mulberry(seed);
      const { verdict } = both(windows, (spans) => spans.filter(() => random() >= share));
      expect(BANDS[verdict.confidence]).toBeLessThanOrEqual(BANDS[whole.confidence]);
      if (whole.kind === 'cannot-tell') expect(verdict.kind).not.toBe('cause');
    }
  });
});

test('a healthy minute held against another names nobody', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.constantFrom(12, 40, 80), (seed, suspects) => {
      expect(answer(generate({ seed, fault: 'none', suspects })).verdict.kind).toBe('cannot-tell');
    }),
    { numRuns: 30 },
  );
});

test('a minute as sick as the one before names nobody', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.constantFrom(...FAULTS), (seed, fault) => {
      const { suspects } = generate({ seed, fault, suspects: 100 });
      const even = new Set([...new Set(suspects.map((span) => span.traceId))].filter((_, nth) => nth % 2 === 0));
      const [one, other] = [true, false].map((side) => suspects.filter((span) => even.has(span.traceId) === side));
      expect(answer({ suspects: one!, baseline: other! }).verdict.kind).toBe('cannot-tell');
    }),
    { numRuns: 20 },
  );
});

function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const random = mulberry(seed);
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A new name for every service and every peer, in another order of the alphabet. */
function namesIn({ suspects, baseline }: Windows): ReadonlyMap<string, string> {
  const found = new Set<string>();
  for (const { service, attributes } of [...suspects, ...baseline]) {
    found.add(service);
    const peer = attributes['server.address'];
    if (typeof peer === 'string') found.add(peer);
  }
  const sorted = [...found].sort();
  return new Map(sorted.map((name, nth) => [name, `n${sorted.length - nth + 100}`]));
}

/** The same span under other names and ids. The text of statements and addresses of pages name services too. */
function renamed(span: SpanRecord, names: ReadonlyMap<string, string>, salt: string): SpanRecord {
  const text = (value: string) => names.get(value) ?? value.replace(/[\w.-]+/g, (word) => names.get(word) ?? word);
  const id = (value: string) => createHash('sha256').update(`${salt} ${value}`).digest('hex').slice(0, value.length);
  return {
    ...span,
    traceId: id(span.traceId),
    spanId: id(span.spanId),
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: id(span.parentSpanId) }),
    service: text(span.service),
    attributes: Object.fromEntries(
      Object.entries(span.attributes).map(([key, value]) => [
        key,
        typeof value === 'string' && /address|url|host|namespace/.test(key) ? text(value) : value,
      ]),
    ),
    resource: { ...span.resource, 'service.name': text(span.service) },
    links: span.links.map((link) => ({ ...link, traceId: id(link.traceId), spanId: id(link.spanId) })),
  };
}

function withNames(verdict: Verdict, names: ReadonlyMap<string, string>): Verdict {
  const name = (text: string) => text.replace(/\bn\d{3}\b/g, (word) => names.get(word) ?? word);
  const called = (component: Component): Component => {
    switch (component.kind) {
      case 'edge':
        return { ...component, from: name(component.from), to: name(component.to) };
      case 'attribute':
        return { ...component, services: component.services.map(name).sort() };
      default:
        return { ...component, service: name(component.service) };
    }
  };
  return {
    ...verdict,
    hypotheses: verdict.hypotheses.map((one) => ({ ...one, component: called(one.component) })),
  };
}

/** Requests to a service that nobody else knows, as quick as ever. */
function strangers(count: number, from: number, salt: string): readonly SpanRecord[] {
  return Array.from({ length: count }, (_, nth) => ({
    traceId: createHash('sha256').update(`${salt} ${nth}`).digest('hex').slice(0, 32),
    spanId: `${nth + 1}`.padStart(16, '0'),
    service: 'stranger',
    name: 'GET /ping',
    kind: 'server',
    start: from + nth * 100_000,
    end: from + nth * 100_000 + 2_000 + (nth % 5) * 100,
    status: 'unset',
    attributes: {},
    resource: { 'service.name': 'stranger' },
    events: [],
    links: [],
  }));
}

/** Below the root of every trace a consumer that nobody waits for. */
function aside(spans: readonly SpanRecord[], length: number): readonly SpanRecord[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === undefined)
    .map((root) => ({
      ...root,
      spanId: createHash('sha256').update(root.spanId).digest('hex').slice(0, 16),
      parentSpanId: root.spanId,
      service: 'aside',
      name: 'process mail',
      kind: 'consumer',
      start: root.start + 1_000,
      end: root.start + 1_000 + length,
      status: 'unset',
      attributes: {},
      resource: { 'service.name': 'aside' },
      events: [],
    }));
}
