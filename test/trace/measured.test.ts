import { expect, test } from 'vitest';
import type { SpanTable } from '../../src/model/trace.ts';
import { logicalCalls } from '../../src/trace/attempts.ts';
import { buildTable } from '../../src/trace/build.ts';
import { calleeOf, callsOf } from '../../src/trace/calls.ts';
import { connectionAttempts } from '../../src/trace/connection-attempts.ts';
import { criticalPath, criticalTimes, entryOf } from '../../src/trace/critical-path.ts';
import { traceDiff } from '../../src/trace/diff.ts';
import { errorOrigins } from '../../src/trace/error-origins.ts';
import { errorLevel, errorSort, errorSource, failed, rpcStatus } from '../../src/trace/errors.ts';
import { messagesOf } from '../../src/trace/messages.ts';
import { nestedTimes } from '../../src/trace/nested-times.ts';
import { peerName } from '../../src/trace/peer.ts';
import { selfTimes } from '../../src/trace/self-time.ts';
import { alignedTimes, clocksOf, orderOf, skewRepairs } from '../../src/trace/skew.ts';
import { visitEntries } from '../../src/trace/visits.ts';
import { digest } from '../population/digest.ts';
import { hostileTown } from './hostile-town.ts';

/**
 * Whatever spans come, the algorithms say of them what they said before, to six digits. Whether it is right is asked in each
 * one's own tests; here nothing changes unseen.
 */
test.for([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('says the same of hostile traces, %i', async (seed) => {
  const table = buildTable(hostileTown(seed, 5));
  const lines = [...rowsOf(table), ...digest('table', columnsOf(table)), ...digest('said', saidOf(table))];
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`../golden/measured/hostile-${seed}.txt`);
});

/** A line a span, as a person reads a trace. */
function rowsOf(table: SpanTable): readonly string[] {
  return Array.from({ length: table.size }, (_, row) =>
    [
      `${row} < ${table.parent[row]}`,
      `${table.start[row]}..${table.end[row]}`,
      table.text(table.service[row] ?? -1),
      table.text(table.operation[row] ?? -1),
      `flags ${table.flags[row]}`,
      `peer ${peerName(table, row) ?? '–'}`,
      `callee ${calleeOf(table, row) ?? '–'}`,
      `level ${errorLevel(errorSource(table, row))} ${errorSort(errorSource(table, row))} ${failed(table, row)}`,
      rpcStatus(errorSource(table, row)) ?? '',
    ].join('  '),
  );
}

const columnsOf = (table: SpanTable) => ({
  first: table.first,
  kind: table.kind,
  path: table.path,
  resourceOf: table.resourceOf,
  children: table.children,
  keys: Array.from({ length: table.size }, (_, row) => [table.keys(row, 'span'), table.keys(row, 'resource')].flat()),
  repairs: table.repairs,
});

function saidOf(table: SpanTable) {
  const clocks = clocksOf(table);
  const traces = Array.from({ length: table.traces }, (_, ordinal) => ordinal);
  const rows = Array.from({ length: Math.min(table.size, 40) }, (_, row) => row);
  return {
    nested: nestedTimes(table),
    self: selfTimes(table),
    selfNested: selfTimes(table, nestedTimes(table)),
    critical: criticalTimes(table),
    visits: visitEntries(table),
    calls: callsOf(table),
    messages: messagesOf(table),
    aligned: alignedTimes(table, clocks),
    pairs: clocks.pairs.map(([a, b]) => ({ a, b, ...clocks.offset(a, b), grain: clocks.grain(a) })),
    skew: skewRepairs(table, clocks),
    orders: rows.slice(1).map((row) => {
      const [start, end] = (['start', 'end'] as const).map((anchor) => ({ row, anchor }));
      return JSON.stringify(
        orderOf(table, clocks, { row: row - 1, anchor: 'end' }, start ?? end ?? { row, anchor: 'end' }),
      );
    }),
    traces: traces.map((ordinal) => ({
      entry: entryOf(table, ordinal),
      path: criticalPath(table, ordinal),
      errors: errorOrigins(table, ordinal),
      attempts: logicalCalls(table, ordinal),
      connections: connectionAttempts(table, ordinal),
      diff: traceDiff({ table, ordinal: 0 }, { table, ordinal }),
    })),
  };
}
