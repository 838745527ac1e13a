import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Component } from '../../src/model/finding.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { PATTERNS } from './patterns.ts';
import { seenBy, viewOf } from './seen.ts';

/*
 * Every number of the catalogue, drawn once, and what must hold for all of them: it is seen, the same requests held against
 * themselves say nothing, and worse data never turns it into an accusation of somebody else.
 */
const servicesOf = (component: Component): readonly string[] => {
  switch (component.kind) {
    case 'edge':
      return [component.from, component.to];
    case 'attribute':
      return component.services;
    default:
      return [component.service];
  }
};

const chance = (text: string): number => (createHash('sha256').update(text).digest()[0] ?? 0) / 256;

/** One span in eight is lost, roots as well. */
const lossy = (salt: string) => (spans: readonly SpanRecord[]) =>
  spans.filter(({ traceId, spanId }) => chance(`${salt} ${traceId} ${spanId}`) >= 1 / 8);
/** One service's clock is 0.4 ms ahead: within what clocks leave open. */
const skewed = (spans: readonly SpanRecord[]) => {
  const late = [...new Set(spans.map(({ service }) => service))].sort().at(-1);
  return spans.map((span) =>
    span.service === late ? { ...span, start: span.start + 400, end: span.end + 400 } : span,
  );
};

test('every number of the catalogue is drawn', () => {
  expect(PATTERNS.map(({ number }) => number)).toEqual(
    Array.from({ length: 29 }, (_, i) => `D${String(i + 1).padStart(2, '0')}`),
  );
});

describe.each(PATTERNS)('$number', ({ number, suspects, baseline, about }) => {
  const subjects = (change: (spans: readonly SpanRecord[]) => readonly SpanRecord[], before = baseline) =>
    seenBy(number, viewOf(change(suspects), change(before))).map(({ component }) => servicesOf(component));
  const whole = (spans: readonly SpanRecord[]) => spans;

  test('is seen where it is', () => {
    const seen = subjects(whole);
    expect(seen.length).toBeGreaterThan(0);
    for (const services of seen) expect(about).toEqual(expect.arrayContaining([...services]));
  });

  test('is not seen in healthy requests', () => {
    const again = baseline.map((span) => ({ ...span, traceId: span.traceId.replace(/^00/, 'ff') }));
    expect(seenBy(number, viewOf(again, baseline))).toEqual([]);
  });

  test('is the same when every span comes twice and in another order', () => {
    const twice = (spans: readonly SpanRecord[]) => [...spans, ...spans.toReversed()];
    expect(seenBy(number, viewOf(twice(suspects), twice(baseline)))).toEqual(
      seenBy(number, viewOf(suspects, baseline)),
    );
  });

  test('is still seen when clocks are apart within their bounds', () => {
    expect(subjects(skewed).length).toBeGreaterThan(0);
    for (const services of subjects(skewed)) expect(about).toEqual(expect.arrayContaining([...services]));
  });

  test('is nobody else’s when spans are lost', () => {
    for (const salt of ['a', 'b', 'c']) {
      const [first] = seenBy(number, viewOf(lossy(salt)(suspects), lossy(salt)(baseline)))
        .filter(({ role }) => role === 'cause')
        .toSorted((a, b) => b.support - a.support);
      if (first !== undefined) expect(about).toEqual(expect.arrayContaining([...servicesOf(first.component)]));
    }
  });
});
