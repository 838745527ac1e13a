import { afterEach, describe, expect, test } from 'vitest';
import { changeEvents, changeOptions } from '../src/alerts/change-events.ts';
import { measuredAdmission, measuredBackend, measuredPublisher } from '../src/compose/measured.ts';
import { Failure } from '../src/failure.ts';
import type { Route } from '../src/http.ts';
import type { Publisher } from '../src/investigation/publish.ts';
import { createMetrics } from '../src/metrics.ts';
import type { Change } from '../src/model/change.ts';
import type { Metrics } from '../src/ports/metrics.ts';
import type { TraceBackend } from '../src/ports/trace-backend.ts';
import { type Listening, listen } from '../src/server.ts';
import { webhookRoutes } from '../src/webhooks.ts';
import { answered, CASCADE } from './render/speaking.ts';

const quiet = { info() {}, warn() {}, error() {} };
const DEPTH = { waiting: 2, delayed: 1, active: 0, dead: 3, oldestMs: 1_500 };
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function serve(more: (metrics: Metrics) => readonly Route[] = () => [], depth = async () => DEPTH) {
  const { metrics, route, stop } = createMetrics(depth);
  const server: Listening = await listen({
    host: '127.0.0.1',
    port: 0,
    routes: [route, ...more(metrics)],
    upgrades: [],
    readiness: async () => ({ ready: true, parts: {} }),
    log: quiet,
  });
  closing.push(stop, server.close);
  const url = `http://127.0.0.1:${server.port}`;
  return { metrics, url, text: async () => (await fetch(`${url}/metrics`)).text() };
}

describe('/metrics', () => {
  test('says what was counted, in the text that Prometheus reads', async () => {
    const { metrics, text, url } = await serve();
    metrics.heard('pagerduty', { outcome: 'opened' });
    metrics.heard('pagerduty', { outcome: 'rejected', reason: 'unauthorized' });
    metrics.cardPosted(0.07);
    metrics.verdictTold('cause', 1.2);
    metrics.verdictTold('cannot-tell', 400);
    metrics.withheld('capped');
    metrics.backendFailed('timed-out');
    metrics.judged('no');
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    const lines = (await text()).split('\n');
    for (const line of [
      'causeway_webhooks_total{source="pagerduty",outcome="opened"} 1',
      'causeway_webhooks_rejected_total{source="pagerduty",reason="unauthorized"} 1',
      'causeway_cards_total 1',
      'causeway_time_to_card_seconds_bucket{le="0.05"} 0',
      'causeway_time_to_card_seconds_bucket{le="0.1"} 1',
      'causeway_verdicts_total{kind="cause"} 1',
      'causeway_time_to_verdict_seconds_bucket{le="300"} 1',
      'causeway_time_to_verdict_seconds_bucket{le="+Inf"} 2',
      'causeway_alerts_withheld_total{why="capped"} 1',
      'causeway_backend_errors_total{kind="timed-out"} 1',
      'causeway_judgements_total{answer="no"} 1',
      'causeway_queue_jobs{state="dead"} 3',
      'causeway_queue_age_seconds 1.5',
      '# TYPE causeway_time_to_verdict_seconds histogram',
    ])
      expect(lines).toContain(line);
  });

  test('has what it has while the queue does not answer', async () => {
    const { metrics, text } = await serve(undefined, () => Promise.reject(new Error('Redis is away')));
    metrics.cardPosted(1);
    const said = await text();
    expect(said).toContain('causeway_cards_total 1');
    expect(said).not.toContain('causeway_queue_jobs{');
  });
});

describe('what is counted', () => {
  test('webhooks by what became of them; changes are kept, and nothing of a payload becomes a label', async () => {
    const kept: Change[] = [];
    const source = changeEvents(changeOptions.parse({ tokens: 'secret' }), {
      name: 'changes',
      clock: { now: () => 1e15 },
    });
    const nobody = {
      alert: () => Promise.reject(new Error('no alerts')),
      ask: () => Promise.reject(new Error('no questions')),
    };
    const changes = { keep: async (change: Change) => void kept.push(change), between: async () => [] };
    const { text, url } = await serve((metrics) => webhookRoutes([source], nobody, quiet, { changes, metrics }));
    const send = (token: string, body: string) =>
      fetch(`${url}/webhooks/changes`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body });
    const good = await send('secret', '{"title":"Deployed x","service":"ada@example.com"}');
    expect([good.status, await good.json()]).toEqual([202, { status: 'accepted', changes: [kept[0]?.id] }]);
    expect((await send('wrong', '{}')).status).toBe(401);
    expect((await send('secret', '{"tittle":"x"}')).status).toBe(400);
    expect((await send('secret', '{')).status).toBe(400);
    const said = await text();
    expect(said).toContain('causeway_webhooks_total{source="changes",outcome="change"} 1');
    expect(said).toContain('causeway_webhooks_rejected_total{source="changes",reason="unauthorized"} 1');
    expect(said).toContain('causeway_webhooks_rejected_total{source="changes",reason="bad-input"} 2');
    expect(said).not.toMatch(/ada|Deployed|tittle|secret/);
  });

  const counted = () => {
    const seen: unknown[] = [];
    const note =
      (name: string) =>
      (...values: unknown[]) =>
        void seen.push([name, ...values]);
    const metrics: Metrics = {
      heard: note('heard'),
      cardPosted: note('card'),
      verdictTold: note('verdict'),
      withheld: note('withheld'),
      backendFailed: note('backend'),
      judged: note('judged'),
    };
    return { seen, metrics };
  };

  test('a card once, timed from the arrival; a card that stood already is none', async () => {
    const { seen, metrics } = counted();
    const answer = answered(CASCADE);
    const { thread = { channel: '', ts: '' }, ...fresh } = answer;
    const publisher = { open: async () => thread, verdict: async () => {} } as unknown as Publisher;
    const measured = measuredPublisher(publisher, metrics, { now: () => answer.openedAt + 2_500_000 });
    await measured.open(fresh);
    await measured.open(answer);
    await measured.verdict(answer, thread);
    expect(seen).toEqual([
      ['card', 2.5],
      ['verdict', answer.analysis.verdict.kind, 2.5],
    ]);
  });

  test('alerts without a card, by why', async () => {
    const { seen, metrics } = counted();
    for (const admission of [{ kind: 'card' }, { kind: 'held', until: 1 }, { kind: 'counted' }] as const)
      await measuredAdmission(async () => admission, metrics)(answered(CASCADE), 'card');
    await measuredAdmission(async () => ({ kind: 'held', until: 1 }), metrics)(answered(CASCADE), 'again');
    expect(seen).toEqual([
      ['withheld', 'quiet-hours'],
      ['withheld', 'capped'],
    ]);
  });

  test('failures of the backend by kind, and none when we ourselves gave up', async () => {
    const { seen, metrics } = counted();
    const failing = () => Promise.reject(new Failure('timed-out', 'Too slow.', 'Wait.'));
    const backend: TraceBackend = {
      title: 'T',
      search: failing,
      services: failing,
      // biome-ignore lint/correctness/useYield: it fails before its first batch
      async *fetch() {
        await failing();
      },
      linkTo: () => 'https://t.example',
      check: async () => ({ ok: true, detail: '' }),
    };
    const measured = measuredBackend(backend, metrics);
    const { signal } = new AbortController();
    const query = { from: 0, to: 1, order: 'latest', limit: 1 } as const;
    await expect(measured.search(query, signal)).rejects.toThrow('Too slow');
    await expect(measured.services(0, 1, signal)).rejects.toThrow('Too slow');
    await expect(drain(measured.fetch([], signal))).rejects.toThrow('Too slow');
    await expect(measured.search(query, AbortSignal.abort())).rejects.toThrow('Too slow');
    expect(seen).toEqual([1, 2, 3].map(() => ['backend', 'timed-out']));
    expect([measured.title, measured.linkTo('1')]).toEqual(['T', 'https://t.example']);
  });
});

async function drain(batches: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of batches);
}
