import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { Flag, type Trace } from '../../src/model/trace.ts';
import { at, byteAt, type SpanId } from '../../src/model/units.ts';
import { chooseRows, type RowChoice } from '../../src/render/rows.ts';
import { compose } from '../../src/render/waterfall.ts';
import { CARD } from '../../src/render/waterfall-layout.ts';
import { buildTable, traceAt } from '../../src/trace/build.ts';
import { criticalPath } from '../../src/trace/critical-path.ts';
import { drawTable } from '../draw.ts';
import { arbitraryTrace } from './arbitrary-trace.ts';

const choose = (trace: Trace, limit: number, culprits: readonly SpanId[] = []): RowChoice =>
  chooseRows(trace, { limit, culprits, path: criticalPath(trace.table, trace.ordinal) });

const wishes = fc.record({
  trace: arbitraryTrace,
  limit: fc.integer({ min: 2, max: 40 }),
  picks: fc.array(fc.nat(), { maxLength: 4 }),
});
const culpritsOf = (trace: Trace, picks: readonly number[]) =>
  picks.map((pick) => trace.table.spanId(trace.from + (pick % (trace.to - trace.from))));

describe('the rows of a waterfall, whatever the trace', () => {
  test('never pass the limit, and every span is shown or counted as folded', () => {
    fc.assert(
      fc.property(wishes, ({ trace, limit, picks }) => {
        const { rows, total, folded } = choose(trace, limit, culpritsOf(trace, picks));
        const shown = rows.flatMap((row) => row.members);
        expect(rows.length).toBeGreaterThan(0);
        expect(rows.length).toBeLessThanOrEqual(limit);
        expect(new Set(shown).size).toBe(shown.length);
        expect(shown.length + folded).toBe(total);
        expect(rows.reduce((sum, row) => sum + row.hidden, 0)).toBeLessThanOrEqual(folded);
      }),
    );
  });

  test('the first culprit that fits is there, and what is marked is what was asked for', () => {
    fc.assert(
      fc.property(wishes, ({ trace, limit, picks }) => {
        const culprits = new Set(culpritsOf(trace, picks));
        const { rows } = choose(trace, limit, [...culprits]);
        const marked = rows.filter((row) => row.culprit);
        if (culprits.size > 0) expect(marked.length).toBeGreaterThan(0);
        for (const row of rows) {
          expect(row.culprit).toBe(row.members.some((member) => culprits.has(trace.table.spanId(member))));
          expect(row.error).toBe(row.members.some((member) => (byteAt(trace.table.flags, member) & Flag.error) !== 0));
        }
      }),
    );
  });

  test('lines stand in tree order, each one level below its nearest shown ancestor', () => {
    fc.assert(
      fc.property(wishes, ({ trace, limit, picks }) => {
        const { rows } = choose(trace, limit, culpritsOf(trace, picks));
        const depths = new Map<number, number>();
        for (const row of rows) for (const member of row.members) depths.set(member, row.depth);
        for (const row of rows) {
          const first = row.members[0] ?? trace.from;
          let above = at(trace.table.parent, first);
          while (above >= 0 && !depths.has(above)) above = at(trace.table.parent, above);
          expect(row.depth).toBe(above < 0 ? 0 : (depths.get(above) ?? Number.NaN) + 1);
        }
        const firsts = rows.map((row) => row.members[0] ?? 0);
        expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
      }),
    );
  });

  test('the same trace gives the same lines', () => {
    fc.assert(
      fc.property(wishes, ({ trace, limit }) => {
        expect(choose(trace, limit)).toEqual(choose(trace, limit));
      }),
    );
  });
});

describe('the rows of a waterfall', () => {
  const names = (choice: RowChoice, trace: Trace) =>
    choice.rows.map((row) => `${'  '.repeat(row.depth)}${trace.table.name(row.row)}`);

  test('like siblings share a line, unless the story goes on below one of them', () => {
    const drawn = drawTable(`
gateway  root  0..100
  gateway  load  1..5
    store  row  2..4
  gateway  load  6..10
  gateway  load  11..15
  gateway  load  16..90
    store  row  17..89  #deep
  gateway  once  91..92
`);
    const choice = choose(drawn.trace, 15, [drawn.idOf('deep')]);
    expect(names(choice, drawn.trace)).toEqual(['root', '  load', '  load', '    row', '  once']);
    expect(choice.rows[1]).toMatchObject({ members: { length: 3 }, hidden: 1 });
    expect(choice).toMatchObject({ total: 8, folded: 1 });
  });

  test('an N+1 is one line, marked as the culprit', () => {
    const calls = Array.from({ length: 40 }, (_, n) => `  shop  SELECT item  ${n * 2 + 1}..${n * 2 + 2}  #q${n}`);
    const drawn = drawTable(['shop  list  0..100', ...calls].join('\n'));
    const culprits = calls.map((_, n) => drawn.idOf(`q${n}`));
    const { rows } = choose(drawn.trace, 15, culprits);
    expect(rows.map((row) => [row.members.length, row.culprit])).toEqual([
      [1, false],
      [40, true],
    ]);
  });

  test('of too many, what was waited for stays and what ran beside it goes', () => {
    const beside = Array.from({ length: 30 }, (_, n) => `  side${n}  tick${n}  40..41`);
    const drawn = drawTable(['a  root  0..100', '  b  slow  2..98', '    c  slower  3..97', ...beside].join('\n'));
    expect(names(choose(drawn.trace, 5), drawn.trace)).toEqual(['root', '  slow', '    slower']);
  });

  test('where an error began comes before long but harmless work', () => {
    const work = Array.from({ length: 20 }, (_, n) => `  w${n}  work${n}  ${n}..${n + 4}`);
    const drawn = drawTable(['a  root  0..100  !', ...work, '  z  fails  50..50.1  !'].join('\n'));
    expect(names(choose(drawn.trace, 4), drawn.trace)).toContain('  fails');
  });

  test('a chain deeper than the picture keeps its ends', () => {
    const chain = Array.from({ length: 300 }, (_, n) => `${'  '.repeat(n)}s${n}  op${n}  ${n}..${1000 - n}`);
    const drawn = drawTable(chain.join('\n'));
    const { rows, folded } = choose(drawn.trace, 6, [drawn.idOf('op299')]);
    const shown = rows.map((row) => drawn.table.name(row.row));
    expect(shown).toEqual(['op0', 'op295', 'op296', 'op297', 'op298', 'op299']);
    expect(folded).toBe(294);
  });

  test('a chain of fifty thousand is chosen from in linear time', () => {
    const records = Array.from({ length: 50_000 }, (_, n): SpanRecord => {
      const id = (index: number) => (index + 1).toString(16).padStart(16, '0');
      const parent = n === 0 ? {} : { parentSpanId: id(n - 1) };
      const rest = { kind: 'internal', status: 'unset', attributes: {}, resource: {}, events: [], links: [] } as const;
      const times = { start: 1_800_000_000_000_000 + n, end: 1_800_000_000_200_000 - n };
      return { traceId: 'a'.repeat(32), spanId: id(n), ...parent, service: 'a', name: 'step', ...times, ...rest };
    });
    const trace = traceAt(buildTable(records), 0);
    const { rows } = choose(trace, 15, [trace.table.spanId(49_999)]);
    expect(rows).toHaveLength(15);
    expect(rows.at(-1)).toMatchObject({ row: 49_999, culprit: true, depth: 14 });
    expect(
      compose(
        trace,
        { size: 'card', culprits: [], title: '', subtitle: '', alt: '', path: criticalPath(trace.table, 0) },
        CARD,
      ).height,
    ).toBeGreaterThan(0);
  });

  test('fifty thousand spans are chosen from without recursion', () => {
    const lines = Array.from({ length: 50_000 }, (_, n) =>
      n === 0 ? 'a  root  0..60000' : `  b  op${n % 997}  ${n}..${n + 1}`,
    );
    const { trace } = drawTable(lines.join('\n'));
    const { rows, total, folded } = choose(trace, 15);
    expect(total).toBe(50_000);
    expect(rows.length).toBeLessThanOrEqual(15);
    expect(rows.flatMap((row) => row.members).length + folded).toBe(total);
  });
});
