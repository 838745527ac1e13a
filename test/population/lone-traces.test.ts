import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/investigation/analyse.ts';
import { numberAt } from '../../src/model/units.ts';
import { gatherCells } from '../../src/population/cells.ts';
import { chargeTime } from '../../src/population/charges.ts';
import { waitingShares } from '../../src/population/lone-traces.ts';
import { criticalTimes } from '../../src/trace/critical-path.ts';
import { selfTimes } from '../../src/trace/self-time.ts';
import { drawTable } from '../draw.ts';

function sharesOf(drawing: string): Readonly<Record<string, number>> {
  const { table } = drawTable(drawing);
  const charges = chargeTime(table);
  const cells = gatherCells(table, charges, { self: selfTimes(table), felt: criticalTimes(table) });
  const shares = waitingShares(table, table, charges, cells, new Uint8Array(table.traces).fill(1));
  return Object.fromEntries(charges.parties.names.map((name, party) => [name, numberAt(shares, party)]));
}

const quick = (service: string, from: number) => `
  web  GET /${service}       client  ${from}..${from + 4}
    ${service}  GET /${service}  server  ${from + 1}..${from + 3}`;

describe('without anything healthy to compare with', () => {
  test('whoever was waited for is whoever worked long', () => {
    const shares = sharesOf(`
web  GET /  server  0..520${['a', 'b', 'c'].map((name, i) => quick(name, 1 + 5 * i)).join('')}
  web  GET /slow       client  16..517
    slow  GET /slow    server  17..516
`);
    expect(shares.slow).toBeGreaterThan(0.9);
    for (const [name, share] of Object.entries(shares)) if (name !== 'slow') expect(share).toBeLessThan(0.05);
  });

  test('a service whose every call begins late is at fault, not those it calls', () => {
    const late = (service: string, from: number) => `
  web  GET /${service}       client  ${from}..${from + 208}
    ${service}  GET /${service}  server  ${from + 201}..${from + 207}
      ${service}  GET /${service}/part  client  ${from + 202}..${from + 206}
        part  GET /${service}/part  server  ${from + 203}..${from + 205}`;
    const shares = sharesOf(`
web  GET /  server  0..1000${['a', 'b', 'c', 'd'].map((name, i) => late(name, 1 + 209 * i)).join('')}
`);
    expect(shares.web).toBeGreaterThan(0.7);
  });

  test('two who were waited for share it, and the rest have next to nothing', () => {
    const shares = sharesOf(`
web  GET /  server  0..520${['a', 'b', 'c'].map((name, i) => quick(name, 1 + 5 * i)).join('')}
  web  GET /one       client  16..217
    one  GET /one    server  17..216
  web  GET /two       client  217..517
    two  GET /two    server  218..516
`);
    const [first, second, third] = Object.entries(shares).sort(([, a], [, b]) => b - a);
    expect([first?.[0], second?.[0]]).toEqual(['two', 'one']);
    expect(third?.[1]).toBeLessThan(0.05);
  });

  test('shares are parts of one whole, whatever the lengths', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 6 }), (lengths) => {
        let now = 1;
        const calls = lengths.map((length, i) => {
          const from = now;
          now += length + 3;
          return `
  web  GET /s${i}       client  ${from}..${from + length + 2}
    s${i}  GET /s${i}   server  ${from + 1}..${from + length + 1}`;
        });
        const total = Object.values(sharesOf(`web  GET /  server  0..${now + 1}${calls.join('')}`));
        expect(total.every((share) => share >= 0)).toBe(true);
        expect(total.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a trace that is asked about among traces that nobody vouches for', () => {
  const failing = (slow: number) => `
web  POST /buy  server  0..${slow + 40}  !"refused"${['a', 'b', 'c'].map((name, i) => quick(name, 1 + 5 * i)).join('')}
  web  GET /slow       client  16..${slow + 20}
    slow  GET /slow    server  17..${slow + 19}
`;

  test('is not explained by a failure that all the others have as well', () => {
    const { table } = drawTable(Array.from({ length: 8 }, (_, i) => failing(i === 3 ? 900 : 500)).join('---'));
    const focus = table.traceIds[3] ?? '';
    const { ranking = [], verdict } = analyse({ table, focus });
    expect(ranking[0]?.service).toBe('slow');
    expect(verdict.hypotheses.map(({ mechanism }) => mechanism)).not.toContain('error');
  });

  test('is explained by a failure of its own', () => {
    const fine = failing(5).replace(' !"refused"', '');
    const { table } = drawTable([failing(5), ...Array.from({ length: 8 }, () => fine)].join('---'));
    const { verdict } = analyse({ table, focus: table.traceIds[0] ?? '' });
    expect(verdict.hypotheses[0]).toMatchObject({ mechanism: 'error', component: { service: 'web' } });
  });
});
