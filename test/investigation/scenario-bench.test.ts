import { describe, expect, test } from 'vitest';
import { answer, keyOf, ROWS } from '../../bench/scenarios/answer.ts';
import { SCENARIOS } from '../../bench/scenarios/scenarios.ts';

/** The bench in small: what it shows over hundreds of seeds (`docs/accuracy.md`) holds for these at every change. */
const rows = (scenario: string, kind: string) =>
  ROWS.filter((row) => row.scenario === scenario && row.kind === kind).map((row) => [keyOf(row), row] as const);

describe.for(SCENARIOS.map(({ name }) => name))('%s', (scenario) => {
  test.for(rows(scenario, 'positive'))('is recognised: %s', ([, row]) => {
    for (const seed of [1, 2, 3, 4, 5]) expect(answer(row, seed)).toMatchObject({ mark: 'right' });
  });

  test.for(rows(scenario, 'negative'))('is not blamed for what only looks alike: %s', ([, row]) => {
    // The first seed has as many repeated handshakes more in its second window as luck deals once in hundreds.
    for (const seed of [2, 3, 4, 5, 6]) expect(answer(row, seed)).toMatchObject({ mark: 'right' });
  });

  test.for(rows(scenario, 'degraded'))('is recognised or left open on worse traces: %s', ([, row]) => {
    expect(answer(row, 1)).not.toMatchObject({ mark: 'wrong' });
  });
});

test('the same seed gives the same spans, another seed other names', () => {
  const [row] = ROWS;
  if (row === undefined) throw new Error('The bench has rows');
  const once = row.one.populate(3, 20);
  const again = row.one.populate(3, 20);
  expect(again.suspects).toEqual(once.suspects);
  expect(again.baseline).toEqual(once.baseline);
  expect(row.one.populate(4, 20).town.names).not.toEqual(once.town.names);
});

test('what is generated keeps the promises of span records', () => {
  for (const row of ROWS.filter(({ kind }) => kind !== 'negative')) {
    const { suspects, baseline } = row.condition.read(row.one, 5);
    const spans = [...suspects, ...baseline];
    expect(new Set(spans.map((span) => span.spanId)).size).toBe(spans.length);
    for (const span of spans) {
      expect(Number.isSafeInteger(span.start) && Number.isSafeInteger(span.end)).toBe(true);
      expect(span.end).toBeGreaterThanOrEqual(span.start);
    }
  }
});
