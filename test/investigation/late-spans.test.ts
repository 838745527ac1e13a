import { afterAll, describe, expect, test } from 'vitest';
import { findOut } from '../../src/investigation/find-out.ts';
import { lookForLateSpans } from '../../src/investigation/late-spans.ts';
import { analystOnThisThread } from '../../src/investigation/study.ts';
import type { Answered, Investigation, Trigger } from '../../src/model/investigation.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { MILLISECOND, SECOND } from '../../src/model/units.ts';
import { alert, clockAt, memoryBackend, requests, T0 } from './memory-backend.ts';
import { embeddedParts } from './parts.ts';

const signal = new AbortController().signal;
const embedded = embeddedParts();
afterAll(() => embedded.close());

/** A minute of requests to the cart, which calls the stock; the last twenty fail because the stock does. */
const ROOTS = requests('cart', -60, 60, 1, (n) => (n >= 40 ? { status: 'error', statusMessage: 'no stock' } : {}));
const CALLS: readonly SpanRecord[] = ROOTS.flatMap((root) => [
  child(root, 'c', 'cart', 'client'),
  { ...child(root, 'd', 'stock', 'server'), parentSpanId: idOf(root, 'c') },
]);
const CLIENTS = CALLS.filter(({ kind }) => kind === 'client');

describe('spans that come after the verdict', () => {
  test('change it: told with how many came, from the same time as before', async () => {
    const { first, later } = await lookTwice([...ROOTS, ...CLIENTS], [...ROOTS, ...CALLS]);
    expect(first.answered.analysis.verdict.hypotheses[0]?.component).not.toMatchObject({
      kind: 'service',
      service: 'stock',
    });
    const { found, queries } = await later();
    // Of the traces that were still young then: the older ones were whole, as far as anybody could tell.
    expect(found?.amended).toEqual({ at: T0 + 40 * SECOND, spans: 25, traces: 25 });
    expect(JSON.stringify(found?.analysis.verdict.hypotheses[0]?.component)).toContain('stock');
    for (const query of queries) expect(query.to).toBe(first.answered.gathering.scope.to);
  });

  test('change nothing that is said: the verdict stands', async () => {
    const more = ROOTS.slice(-5).map((root) => ({
      ...child(root, 'e', 'cart', 'internal'),
      status: 'unset' as const,
    }));
    const { later } = await lookTwice([...ROOTS, ...CALLS], [...ROOTS, ...CALLS, ...more]);
    const { found, queries } = await later();
    expect(found).toBeUndefined();
    expect(queries.length).toBeGreaterThan(0);
  });

  test.each([
    ['did not come', [...ROOTS, ...CALLS]],
    ['came a second time', [...ROOTS, ...CALLS, ...CALLS]],
    ['are forgotten by then', []],
  ])('%s: one look at the traces and no search', async (_, then) => {
    const { later } = await lookTwice([...ROOTS, ...CALLS], then);
    const { found, queries, fetched } = await later();
    expect(found).toBeUndefined();
    expect([queries.length, fetched.length]).toEqual([0, 1]);
  });

  test('cannot come any more: nobody is asked', async () => {
    const { first, later } = await lookTwice([...ROOTS, ...CALLS], [...ROOTS, ...CALLS], { after: 120 * SECOND });
    expect(first.answered.gathering.unfinished).toBeUndefined();
    const { found, fetched } = await later();
    expect([found, fetched.length]).toEqual([undefined, 0]);
  });

  test('of a trace that somebody asked about', async () => {
    const traceId = ROOTS.at(-1)?.traceId ?? '';
    const asked = { kind: 'command', traceId, by: 'U1', channel: 'C1', request: 'r1' } as const;
    const { later } = await lookTwice([...ROOTS, ...CLIENTS], [...ROOTS, ...CALLS], { trigger: asked });
    const { found } = await later();
    expect(found?.amended.spans).toBeGreaterThan(0);
    expect(JSON.stringify(found?.analysis.verdict.hypotheses[0]?.component)).toContain('stock');
  });
});

/** Finds out over `now` spans five seconds after the alert; `later` looks again over `then` ones, half a minute on. */
async function lookTwice(
  now: readonly SpanRecord[],
  then: readonly SpanRecord[],
  { after = 5 * SECOND, trigger = { kind: 'alert', alert: alert({ service: 'cart' }) } as Trigger } = {},
) {
  const clock = clockAt(T0 + after);
  const partsOver = (spans: readonly SpanRecord[], at: number) => {
    const memory = memoryBackend(spans);
    const { store } = embedded;
    const parts = {
      backend: memory.backend,
      store,
      analyst: analystOnThisThread(),
      clock: clockAt(at),
      servicesFor: () => undefined,
    };
    return { ...memory, parts };
  };
  const opened: Investigation = {
    status: 'opened',
    id: `i${Math.abs(after)}${now.length}${then.length}${trigger.kind}`,
    trigger,
    channel: 'C1',
    openedAt: clock.now(),
    repeats: 0,
  };
  const found = await findOut(partsOver(now, clock.now()).parts, opened, async () => {}, signal);
  const answered: Answered = { ...opened, ...found, status: 'answered', answeredAt: clock.now(), rechecks: [] };
  const later = async () => {
    const { parts, queries, fetched } = partsOver(then, T0 + 40 * SECOND);
    return { found: await lookForLateSpans(parts, answered, signal), queries, fetched };
  };
  return { first: { answered }, later };
}

function idOf(root: SpanRecord, mark: string): string {
  return mark.repeat(4) + root.spanId.slice(4);
}

function child(root: SpanRecord, mark: string, service: string, kind: SpanRecord['kind']): SpanRecord {
  return {
    ...root,
    spanId: idOf(root, mark),
    parentSpanId: root.spanId,
    service,
    name: 'GET /stock',
    kind,
    start: root.start + MILLISECOND,
    end: root.end - MILLISECOND,
  };
}
