import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { buildTable } from '../../src/trace/build.ts';
import { type Anchor, alignedTimes, clocksOf, orderOf } from '../../src/trace/skew.ts';
import { draw, drawTable } from '../draw.ts';

/** A call from a to b, both with fine clocks; b's is ahead by `ahead` ms. */
const call = (from: number, to: number, ahead: number) => `
  a call client ${from + 0.001}..${to + 0.001}
    b serve server ${from + 2 + ahead + 0.001}..${to - 3 + ahead + 0.001}
`;

describe('clocksOf', () => {
  it('intersects what the calls between two hosts allow', () => {
    const text = `a root 0.001..200\n${'  '}a one client 10.001..40\n    b s1 server 35..60\n  a two client 50.001..99\n    b s2 server 70..125`;
    const { table, row } = drawTable(text);
    const clocks = clocksOf(table);
    const [a, b] = [clocks.host[row('one')]!, clocks.host[row('s1')]!];
    // one: [10.001 − 35, 40 − 60], two: [50.001 − 70, 99 − 125]: the starts leave −19.999 and later, the ends −26 and earlier.
    expect(clocks.offset(a, b)).toBeUndefined();
    expect(clocks.offset(a, a)).toEqual({ low: 0, high: 0 });
  });

  it('reads one way and the other', () => {
    const { table, row } = drawTable(call(10, 40, 25));
    const clocks = clocksOf(table);
    const [a, b] = [clocks.host[row('call')]!, clocks.host[row('serve')]!];
    expect(clocks.offset(a, b)).toEqual({ low: -27_000, high: -22_000 });
    expect(clocks.offset(b, a)).toEqual({ low: 22_000, high: 27_000 });
    expect(table.repairs.get(0)).toEqual([{ kind: 'skew', from: 'a', to: 'b', offset: -22_000, uncertainty: 5_000 }]);
  });

  it('does not call the noise of two good clocks a skew', () => {
    const { table } = drawTable('a call client 0.001..9.5\n  b serve server 1.001..9.9');
    expect(clocksOf(table).offset(0, 1)).toEqual({ low: -1_000, high: -400 });
    expect(table.repairs.size).toBe(0);
    expect(alignedTimes(table, clocksOf(table))).toBe(table);
  });

  it('adds intervals along the hops', () => {
    const { table, row } = drawTable(`
      a call client 0.001..100
        b serve server 10.001..90
          b onward client 20.001..80
            c deep server 25.001..70
    `);
    const clocks = clocksOf(table);
    expect(clocks.offset(clocks.host[row('call')]!, clocks.host[row('deep')]!)).toEqual({ low: -15_000, high: 20_000 });
    expect(table.repairs.size).toBe(0);
  });

  it('takes only the start of a call that failed', () => {
    const { table, row } = drawTable('a call client 0.001..10 !\n  b serve server 1.001..500');
    const clocks = clocksOf(table);
    const offset = clocks.offset(clocks.host[row('call')]!, clocks.host[row('serve')]!);
    expect(offset).toEqual({ low: -1_000, high: Number.POSITIVE_INFINITY });
  });

  it.each([
    ['a millisecond', 9.001, [{ kind: 'skew', from: 'a', to: 'b', offset: 1_000, uncertainty: 4_000 }]],
    ['a little less', 9.002, undefined],
  ])('says of %s what it is', (_, start, repairs) => {
    const { table } = drawTable(`a call client 10.001..20\n  b serve server ${start}..15`);
    expect(table.repairs.get(0)).toEqual(repairs);
  });

  it.each([
    [100, { low: -2_000, high: 3_000 }],
    [99, { low: 28_000, high: -40_000 }],
  ])('of %i calls leaves out the farthest of a hundred', (count, offset) => {
    const lines = Array.from({ length: count }, (_, n) => {
      const [from, to] = n === 0 ? [-28, 7] : n === 1 ? [2, 50] : [2, 7];
      return `  a c${n} client ${n * 100 + 0.001}..${n * 100 + 10}\n    b s${n} server ${n * 100 + from + 0.001}..${n * 100 + to}`;
    });
    const { table } = drawTable(`a root -99.999..20000\n${lines.join('\n')}`);
    const clocks = clocksOf(table);
    const known = clocks.pairs.map(([a, b]) => [clocks.names[a], clocks.names[b], clocks.offset(a, b)]);
    expect(known).toEqual(
      offset.low > offset.high
        ? [
            ['a', 'b', undefined],
            ['b', 'a', undefined],
          ]
        : [
            ['a', 'b', offset],
            ['b', 'a', { low: -offset.high, high: -offset.low }],
          ],
    );
  });

  it('goes by the host that was seen first, of two ways that are as short', () => {
    const { table, row } = drawTable(`
      a root 0.001..100
        c other 1.001..2
        a second client 3.001..20
          d serve-d server 4.001..19
            d down client 5.001..18
              e deep server 6.001..17
        a first client 30.001..60
          c serve-c server 32.001..59
            c down-c client 34.001..58
              e deep-c server 38.001..57
    `);
    const clocks = clocksOf(table);
    const [a, e] = [clocks.host[row('root')]!, clocks.host[row('deep')]!];
    // Over c: [−2, 1] and [−4, 1]; over d: [−1, 1] and [−1, 1].
    expect(clocks.offset(a, e)).toEqual({ low: -6_000, high: 2_000 });
  });

  it('gives services of one machine one clock, and never trusts a name that every machine has', () => {
    const host = (name: string) => `resource.host.name=${name}`;
    const shared = drawTable(`a x 0..9 ${host('node-1')}\n  b y 1..2 ${host('node-1')}`);
    expect([...clocksOf(shared.table).host]).toEqual([0, 0]);
    const local = drawTable(`a x 0..9 ${host('localhost')}\n  b y 1..2 ${host('localhost')}`);
    expect([...clocksOf(local.table).host]).toEqual([0, 1]);
  });
});

describe('orderOf', () => {
  const order = (text: string, a: readonly [string, Anchor['anchor']], b: readonly [string, Anchor['anchor']]) => {
    const { table, row } = drawTable(text);
    const anchor = ([name, at]: typeof a): Anchor => ({ row: row(name), anchor: at });
    return orderOf(table, clocksOf(table), anchor(a), anchor(b));
  };

  it('decides on one clock', () => {
    const text = 'a p 0.001..9\n  a x 1..2\n  a y 3..4.5';
    expect(order(text, ['x', 'end'], ['y', 'start'])).toEqual({ order: 'before', margin: 1_000, uncertainty: 0 });
    expect(order(text, ['y', 'start'], ['x', 'end'])).toEqual({ order: 'after', margin: 1_000, uncertainty: 0 });
    expect(order(text, ['x', 'end'], ['x', 'end']).order).toBe('undecidable');
  });

  it('decides nothing closer than two grains of a clock of whole milliseconds', () => {
    expect(order('a p 0..9\n  a x 1..2\n  a y 3..4.5', ['x', 'end'], ['y', 'start']).order).toBe('undecidable');
    expect(order('a p 0..9\n  a x 1..2\n  a y 7..8.5', ['x', 'end'], ['y', 'start'])).toMatchObject({
      order: 'before',
      margin: 3_000,
    });
  });

  it('decides at exactly two grains of a clock of whole milliseconds, by nothing', () => {
    const text = 'a p 0..9\n  a x 1..2\n  a y 4..5';
    expect(order(text, ['x', 'end'], ['y', 'start'])).toEqual({ order: 'before', margin: 0, uncertainty: 2_000 });
    expect(order(text, ['y', 'start'], ['x', 'end'])).toEqual({ order: 'after', margin: -0, uncertainty: 2_000 });
    expect(order('a p 0..9\n  a x 1..2\n  a y 3..5', ['y', 'start'], ['x', 'end']).order).toBe('undecidable');
  });

  it('decides across hosts only what every allowed offset agrees on', () => {
    const text = `a root 0.001..100\n${call(10, 40, 0).replace(/^ {2}/gm, '    ')}\n    a early 11..11.5\n    a late 60..61`;
    expect(order(text, ['serve', 'end'], ['late', 'start'])).toMatchObject({ order: 'before', margin: 19_999 });
    expect(order(text, ['early', 'end'], ['serve', 'start']).order).toBe('undecidable');
  });

  it('knows nothing about clocks that no call connects', () => {
    expect(order('a x 0.5..1\nb y 500..501', ['x', 'end'], ['y', 'start'])).toEqual({
      order: 'undecidable',
      margin: 0,
      uncertainty: Number.POSITIVE_INFINITY,
    });
  });

  it('never claims a wrong order, wherever the second clock stands', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 30 }), fc.nat(5), fc.nat(5)), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.integer({ min: -60, max: 60 }),
        (calls, ahead) => {
          const lines = calls.map(([at, length, before, after], n) => {
            const [start, end] = [at + n * 100, at + n * 100 + before + length + after];
            const serve = `${start + before + ahead + 0.001}..${start + before + length + ahead + 0.001}`;
            return `  a c${n} client ${start + 0.001}..${end + 0.001}\n    b s${n} server ${serve}`;
          });
          const { table, row } = drawTable(`a root -0.999..1000\n${lines.join('\n')}`);
          const clocks = clocksOf(table);
          for (const [n, [start, length, before]] of calls.entries()) {
            for (const [m, [other]] of calls.entries()) {
              const truth = other + m * 100 - (start + n * 100 + before + length);
              const found = orderOf(
                table,
                clocks,
                { row: row(`s${n}`), anchor: 'end' },
                { row: row(`c${m}`), anchor: 'start' },
              );
              if (truth <= 0) expect(found.order).not.toBe('before');
              if (truth >= 0) expect(found.order).not.toBe('after');
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('alignedTimes', () => {
  it('moves a host by the least that its calls demand and leaves raw times alone', () => {
    const { table, row } = drawTable(call(10, 40, 25));
    const times = alignedTimes(table, clocksOf(table));
    const at = row('serve');
    expect([times.start[at]! / 1_000, times.end[at]! / 1_000]).toEqual([5, 30]);
    expect(table.start[at]).toBe(27_000);
  });

  it('is the table when no clock has to move', () => {
    const table = buildTable(draw(call(10, 40, 1)) as readonly SpanRecord[]);
    expect(alignedTimes(table, clocksOf(table))).toBe(table);
  });
});
