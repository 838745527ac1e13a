import { afterEach, describe, expect, test, vi } from 'vitest';
import { AnalysisThread } from '../../src/compose/analysis-thread.ts';
import { analystOnThisThread } from '../../src/investigation/study.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { MILLISECOND, SECOND } from '../../src/model/units.ts';
import type { Analyst } from '../../src/ports/analyst.ts';
import { requests, T0 } from '../investigation/memory-backend.ts';
import { listening } from '../receiver/quiet.ts';

const signal = new AbortController().signal;
const MORTAL = new URL('./mortal-analysis.ts', import.meta.url);

const open: AnalysisThread[] = [];
afterEach(() => Promise.all(open.splice(0).map((thread) => thread.close())));

function thread(options: ConstructorParameters<typeof AnalysisThread>[1] = {}) {
  const { log, said } = listening();
  const analyst = new AnalysisThread(log, options);
  open.push(analyst);
  return { analyst, said };
}

/** Three thousand requests, the last thousand of which wait half a second for their only call. */
const SPANS: readonly SpanRecord[] = requests('shop', -300, 3_000, 0.1).flatMap((root, n) => {
  const late = n < 2_000 ? 0 : 500 * MILLISECOND;
  const call: SpanRecord = {
    ...root,
    spanId: `dcba${root.spanId.slice(4)}`,
    parentSpanId: root.spanId,
    service: 'stock',
    name: 'read',
    start: root.start + MILLISECOND,
    end: root.end - MILLISECOND + late,
  };
  return [{ ...root, end: root.end + late }, call];
});

async function whole(analyst: Analyst, spans = SPANS) {
  const study = analyst.open();
  await study.add(spans, signal);
  const division = { by: 'onset', alertAt: T0 - 50 * SECOND, named: [], picked: [] } as const;
  const divided = await study.divide(division, signal);
  const analysis = await study.analyse({ trigger: undefined }, signal);
  study.close();
  return { divided, analysis };
}

describe.each([
  ['on the thread that asks', () => analystOnThisThread()],
  ['on a thread of its own', () => thread().analyst],
])('an analysis %s', (_, make) => {
  test('parts the traces where it began and names who was slow', async () => {
    const { divided, analysis } = await whole(make());
    expect(divided.onset).toEqual({ at: T0 - 100 * SECOND, by: 'errors or slowness' });
    expect(divided.traces).toHaveLength(3_000);
    expect(divided.traces.filter(({ side }) => side === 'suspect')).toHaveLength(1_000);
    expect(divided.spans).toBe(6_000);
    expect(analysis.verdict.hypotheses[0]?.component).toMatchObject({ service: 'stock' });
  });

  test('is the same on both', async () => {
    expect(await whole(make())).toEqual(await whole(analystOnThisThread()));
  });

  test('can be parted by hand, focus and all', async () => {
    const study = make().open();
    await study.add(SPANS, signal);
    const focus = SPANS.at(-1)?.traceId ?? '';
    const { traces, onset, split } = await study.divide({ by: 'hand', suspects: [focus] }, signal);
    expect([onset, split]).toEqual([undefined, undefined]);
    expect(traces.filter(({ side }) => side === 'suspect').map(({ traceId }) => traceId)).toEqual([focus]);
    expect((await study.analyse({ focus }, signal)).counts).toMatchObject({ suspects: 1, baseline: 2_999 });
    study.close();
  });

  test('of nothing is one of nothing, and an abort rejects with its reason', async () => {
    expect((await whole(make(), [])).analysis.verdict.kind).toBe('cannot-tell');
    const study = make().open();
    await expect(study.add(SPANS, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    study.close();
  });

  test('before anything was divided is a failure', async () => {
    const study = make().open();
    await expect(study.analyse({}, signal)).rejects.toThrow('Nothing has been divided yet');
    study.close();
  });
});

test('studies side by side do not mix', async () => {
  const { analyst } = thread();
  const [one, other] = await Promise.all([whole(analyst), whole(analyst, SPANS.slice(0, 1_000))]);
  expect([one.divided.spans, other.divided.spans]).toEqual([6_000, 1_000]);
});

describe('a thread that does not do as it should', () => {
  test('dies: what was under way fails with what can be tried again, and the next study has a new thread', async () => {
    const { analyst, said } = thread({ entry: MORTAL });
    const study = analyst.open();
    await study.add([], signal);
    await study.add(SPANS.slice(0, 1), signal);
    await expect(study.divide({ by: 'hand', suspects: ['die'] }, signal)).rejects.toMatchObject({
      kind: 'internal',
      retryable: true,
    });
    expect(said).toEqual(['error The analysis thread failed; the next study starts another']);
    await expect(study.analyse({}, signal)).rejects.toMatchObject({ retryable: true });
    const next = analyst.open();
    await next.add(SPANS.slice(0, 1), signal);
    expect(await next.divide({ by: 'hand', suspects: [] }, signal)).toEqual({ traces: [], spans: 1 });
  });

  test('outgrows its memory: told, and not tried again', async () => {
    const { analyst } = thread({ entry: MORTAL, heapMegabytes: 40 });
    const study = analyst.open();
    await study.add(SPANS.slice(0, 1), signal);
    await expect(study.divide({ by: 'hand', suspects: ['grow'] }, signal)).rejects.toMatchObject({
      kind: 'too-large',
      message: expect.stringContaining('memory'),
      retryable: false,
    });
  });

  test('never comes to an end: it is ended, told, and not tried again; others are', async () => {
    const { analyst } = thread({ entry: MORTAL, limitMs: 300 });
    const study = analyst.open();
    await study.add(SPANS.slice(0, 1), signal);
    const busy = study.divide({ by: 'hand', suspects: ['spin'] }, signal);
    await expect(busy).rejects.toMatchObject({ kind: 'too-large', message: expect.stringContaining('time') });
    await vi.waitFor(async () => {
      const next = analyst.open();
      await next.add(SPANS.slice(0, 1), signal);
      expect(await next.divide({ by: 'hand', suspects: [] }, signal)).toEqual({ traces: [], spans: 1 });
    });
  });

  test('an abort rejects at once, although the thread is busy', async () => {
    const { analyst } = thread({ entry: MORTAL, limitMs: 2_000 });
    const abort = new AbortController();
    const study = analyst.open();
    await study.add(SPANS.slice(0, 1), signal);
    const busy = study.divide({ by: 'hand', suspects: ['spin'] }, abort.signal);
    abort.abort(new Error('enough'));
    await expect(busy).rejects.toThrow('enough');
  });

  test('closed, it opens no study that works', async () => {
    const { analyst } = thread();
    analyst.start();
    await analyst.close();
    await expect(analyst.open().add(SPANS, signal)).rejects.toMatchObject({ kind: 'internal' });
  });
});
