import fc from 'fast-check';
import { expect, test } from 'vitest';
import { at } from '../../src/model/units.ts';
import { callGroups } from '../../src/population/call-groups.ts';
import { chargeTime, Place } from '../../src/population/charges.ts';
import { visitCalls } from '../../src/population/visit-calls.ts';
import { buildTable, ordinalOf } from '../../src/trace/build.ts';
import { hostileTrace } from '../trace/random-trace.ts';

/** A few hostile traces in one table; peers are named now and then, so that unanswered calls have one too. */
const hostileTraces = fc.array(hostileTrace, { minLength: 1, maxLength: 3 }).map((traces) =>
  traces.flatMap((spans, trace) =>
    spans.map((span, i) => ({
      ...span,
      traceId: `${trace + 1}`.padStart(32, '0'),
      attributes: i % 2 === 0 ? { ...span.attributes, 'server.address': `peer-${i % 3}` } : span.attributes,
    })),
  ),
);

test('calls of one visit to one party for one operation are a group, whatever lies between them', () => {
  fc.assert(
    fc.property(hostileTraces, (records) => {
      const table = buildTable(records);
      const charges = chargeTime(table);
      const expected = new Map<string, number[]>();
      for (let row = 0; row < table.size; row++) {
        const peer = at(charges.peer, row);
        if (peer < 0) continue;
        const key = `${at(charges.visit, row)} ${peer} ${at(table.operation, row)}`;
        expected.set(key, [...(expected.get(key) ?? []), row]);
      }
      const { count, from, rows, trace, kind } = callGroups(table, charges);
      const groups = Array.from({ length: count }, (_, group) => [
        ...rows.subarray(at(from, group), at(from, group + 1)),
      ]);
      expect(groups).toEqual([...expected.values()]);
      const kinds = new Map<number, string>();
      groups.forEach(([row = -1], group) => {
        expect(at(trace, group)).toBe(ordinalOf(table, row));
        const said = `${at(charges.party, row)} ${at(charges.peer, row)} ${at(table.operation, row)}`;
        expect(kinds.get(at(kind, group)) ?? said).toBe(said);
        kinds.set(at(kind, group), said);
      });
      expect(new Set(kinds.values()).size).toBe(kinds.size);
    }),
  );
});

test('every outbound row stands once among the calls of its visit', () => {
  fc.assert(
    fc.property(hostileTraces, (records) => {
      const table = buildTable(records);
      const charges = chargeTime(table);
      const { from, rows } = visitCalls(table, charges);
      for (let entry = 0; entry < table.size; entry++) {
        const mine = [...table.parent.keys()].filter(
          (row) => charges.visit[row] === entry && charges.place[row] === Place.outbound,
        );
        expect([...rows.subarray(at(from, entry), at(from, entry + 1))]).toEqual(mine);
      }
    }),
  );
});
