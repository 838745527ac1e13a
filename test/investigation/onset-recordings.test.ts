import { describe, expect, test } from 'vitest';
import { splitAtOnset } from '../../src/investigation/onset.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { SECOND } from '../../src/model/units.ts';
import { buildTable } from '../../src/trace/build.ts';
import { recordingAt } from '../otlp.ts';

const NOW = 1_790_000_000 * SECOND;
const folder = 'test/fixtures/shop';

const startOf = (spans: readonly SpanRecord[]) => spans.reduce((least, { start }) => Math.min(least, start), Infinity);

/** Every request takes `scale` times as long, from its own start on: the same work on a machine with more to do. */
function slowed(spans: readonly SpanRecord[], scale: number): readonly SpanRecord[] {
  const begun = new Map<string, number>();
  for (const { traceId, start } of spans) begun.set(traceId, Math.min(start, begun.get(traceId) ?? Infinity));
  const moved = (time: number, from: number) => Math.round(from + (time - from) * scale);
  return spans.map((span) => {
    const from = begun.get(span.traceId) ?? span.start;
    return { ...span, start: moved(span.start, from), end: moved(span.end, from) };
  });
}

describe.each(['auth-cascade', 'tls-retry', 'write-race', 'slow-serialisation'])('the recording of %s', (name) => {
  test.each([1, 1.5, 2])('on a machine %s times as slow as in an earlier run begins with its fault', async (scale) => {
    const own = await recordingAt(
      [`${folder}/${name}.normal.otlp.json.gz`, `${folder}/${name}.abnormal.otlp.json.gz`],
      NOW,
    );
    const ids = new Set(
      (await recordingAt([`${folder}/${name}.abnormal.otlp.json.gz`], NOW)).map((span) => span.traceId),
    );
    const faultAt = startOf(own.filter(({ traceId }) => ids.has(traceId)));
    // Another run, half a minute before this one, whose traces are nobody else's.
    const earlier = (await recordingAt([`${folder}/audit.normal.otlp.json.gz`], startOf(own) - 30 * SECOND)).map(
      (span) => ({ ...span, traceId: `f${span.traceId.slice(1)}`, links: [] }),
    );
    const table = buildTable([...earlier, ...slowed(own, scale)]);
    const alertAt = Math.floor((faultAt + 0.4 * (NOW - faultAt)) / SECOND) * SECOND;
    const { at, onset } = splitAtOnset(table, alertAt);
    expect(onset).toBeDefined();
    expect((at - faultAt) / SECOND).toBeGreaterThan(-0.2);
    expect((at - faultAt) / SECOND).toBeLessThan(0.6);
  });
});
