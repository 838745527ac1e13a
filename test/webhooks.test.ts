import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createIntake } from '../src/investigation/intake.ts';
import type { AlertSource } from '../src/ports/alert-source.ts';
import type { Intake } from '../src/ports/intake.ts';
import { type Listening, listen } from '../src/server.ts';
import { webhookRoutes } from '../src/webhooks.ts';
import { hmacHex, makeSource } from './alerts/make-source.ts';
import { type Json, post } from './contracts/alert-source.ts';
import { embeddedParts } from './investigation/parts.ts';

const token = 'token-behind-the-address';
const lines: unknown[] = [];
const log = { info: () => {}, warn: (...line: readonly unknown[]) => void lines.push(line), error: () => {} };
const file = (path: string) => readFileSync(join(import.meta.dirname, 'fixtures', path));
let parts: ReturnType<typeof embeddedParts>;
let server: Listening | undefined;

beforeEach(() => {
  lines.length = 0;
  parts = embeddedParts({ now: () => 1_790_000_000_000_000 });
});
afterEach(async () => {
  await server?.close();
  await parts.close();
});

async function serve(sources: readonly AlertSource[], changes: Partial<Intake> = {}): Promise<number> {
  const channels = { channelFor: () => 'incidents', channelForPerson: (channel: string) => channel };
  const intake = { ...createIntake({ ...parts, ...channels }), ...changes };
  const readiness = async () => ({ ready: true, parts: {} });
  const routes = webhookRoutes(sources, intake, log);
  server = await listen({ host: '127.0.0.1', port: 0, routes, upgrades: [], readiness, log });
  return server.port;
}

describe('webhooks all the way to the disk', () => {
  const bearer = { authorization: `Bearer ${token}` };
  const alertmanager = () => makeSource('alertmanager', { tokens: token });

  test('a repeat is a duplicate, and the end finds its beginning', async () => {
    const port = await serve([alertmanager()]);
    const fires = await post(port, 'alertmanager', file('alertmanager/captured.firing.json'), bearer);
    expect(fires).toMatchObject({ status: 202, body: { investigations: [{ outcome: 'opened' }] } });
    const [{ investigation }] = fires.body.investigations;
    const again = await post(port, 'alertmanager', file('alertmanager/captured.firing.json'), bearer);
    expect(again).toMatchObject({ status: 202, body: { investigations: [{ investigation, outcome: 'duplicate' }] } });
    const over = await post(port, 'alertmanager', file('alertmanager/captured.resolved.json'), bearer);
    expect(over).toMatchObject({ status: 202, body: { investigations: [{ investigation, outcome: 'updated' }] } });
    expect(parts.jobs.map(({ job }) => job.kind)).toEqual(['investigate', 'close']);
  });

  test('an end that overtakes its beginning is known when that comes', async () => {
    const port = await serve([alertmanager()]);
    const over = await post(port, 'alertmanager', file('alertmanager/captured.resolved.json'), bearer);
    expect(over).toMatchObject({ status: 202, body: { investigations: [{ outcome: 'ignored' }] } });
    await post(port, 'alertmanager', file('alertmanager/captured.firing.json'), bearer);
    const alertId = '{}/{}:{alertname="HighErrorRate", team="payments"}';
    const found = await parts.store.find({ by: 'alert', source: 'alertmanager', alertId });
    expect(found).toMatchObject({ status: 'opened', resolvedAt: Date.parse('2026-11-22T12:53:26.256Z') * 1_000 });
  });

  test('a recorded webhook that is played again under other headers is a duplicate', async () => {
    const port = await serve([makeSource('sentry', { secrets: 's' })]);
    const body = file('sentry/event_alert.triggered.json');
    const signature = { 'sentry-hook-signature': hmacHex('s', body) };
    await post(port, 'sentry', body, { ...signature, 'request-id': 'one', 'sentry-hook-timestamp': '1773457927' });
    const again = await post(port, 'sentry', body, {
      ...signature,
      'request-id': 'two',
      'sentry-hook-timestamp': '1779999999',
    });
    expect(again).toMatchObject({ status: 202, body: { investigations: [{ outcome: 'duplicate' }] } });
  });

  test('five hundred troubles in one message are all taken, those about the same in their order', async () => {
    const port = await serve([makeSource('generic', { tokens: token })]);
    const fires = Array.from({ length: 500 }, (_, at) => ({ id: `t${at}`, title: 'x', time: 1_789_999_000 }));
    const ends = fires.slice(0, 250).map((one) => ({ ...one, status: 'resolved', time: 1_789_999_100 }));
    const answer = await post(port, 'generic', Buffer.from(JSON.stringify([...fires, ...ends])), bearer);
    const outcomes = Object.groupBy(answer.body.investigations, ({ outcome }: Json) => outcome);
    expect([answer.status, outcomes.opened?.length, outcomes.updated?.length]).toEqual([202, 500, 250]);
  });

  test('what cannot be kept is 503, so that it is sent again, and then it is taken', async () => {
    const broken = await serve([alertmanager()], { alert: () => Promise.reject(new Error('disk full')) });
    const body = file('alertmanager/captured.firing.json');
    expect(await post(broken, 'alertmanager', body, bearer)).toMatchObject({
      status: 503,
      body: { error: 'internal' },
    });
    await server?.close();
    const mended = await serve([alertmanager()]);
    expect(await post(mended, 'alertmanager', body, bearer)).toMatchObject({
      status: 202,
      body: { investigations: [{ outcome: 'opened' }] },
    });
  });
});

describe('the address of a sender', () => {
  test('is nowhere when it is not configured', async () => {
    const port = await serve([]);
    expect(await post(port, 'alertmanager', Buffer.from('{}'), {})).toMatchObject({ status: 404 });
  });

  test('may carry the token, which no log line repeats', async () => {
    const port = await serve([makeSource('generic', { tokens: token })]);
    const body = file('generic/own.json');
    expect((await post(port, 'generic', body, {}, `?token=${token}`)).status).toBe(202);
    expect((await post(port, 'generic', body, {}, `?token=${token}x`)).status).toBe(401);
    expect((await post(port, 'generic', Buffer.from('{"id":1}'), {}, `?token=${token}`)).status).toBe(400);
    expect(lines).toHaveLength(2);
    expect(JSON.stringify(lines)).not.toContain(token);
  });

  test('answers OPTIONS where the sender asks first, and 405 where none does', async () => {
    const port = await serve([makeSource('generic', {}), makeSource('sentry', {})]);
    const ask = (kind: string) =>
      fetch(`http://127.0.0.1:${port}/webhooks/${kind}`, {
        method: 'OPTIONS',
        headers: { 'webhook-request-origin': 'events.example.com' },
      });
    const generic = await ask('generic');
    expect([generic.status, generic.headers.get('webhook-allowed-origin')]).toEqual([200, 'events.example.com']);
    expect((await ask('sentry')).status).toBe(405);
  });

  test('confirms a subscription before it says so, and lets Amazon try again when it could not', async () => {
    const confirmation = file('cloudwatch/confirmation.json');
    const url: string = JSON.parse(confirmation.toString()).SubscribeURL;
    let there = false;
    const source = makeSource(
      'cloudwatch',
      { tokens: token },
      {
        fetch: async (asked) => ({ ok: there && asked === url, status: 503, text: async () => '' }),
      },
    );
    const port = await serve([source]);
    expect((await post(port, 'cloudwatch', confirmation, {}, `?token=${token}`)).status).toBe(503);
    there = true;
    expect(await post(port, 'cloudwatch', confirmation, {}, `?token=${token}`)).toMatchObject({
      status: 200,
      body: { status: 'confirmed' },
    });
  });

  test('a sender that hangs up ends what is looked up for it, one that is answered does not', async () => {
    const signals: AbortSignal[] = [];
    const slow = Promise.withResolvers<void>();
    const source: AlertSource = {
      ...makeSource('generic', { tokens: token }),
      authenticate: (delivery, signal) => {
        signals.push(signal);
        return delivery.query?.slow === undefined ? undefined : slow.promise;
      },
    };
    const port = await serve([source]);
    expect((await post(port, 'generic', file('generic/own.json'), {})).status).toBe(202);
    const hangingUp = new AbortController();
    const asked = fetch(`http://127.0.0.1:${port}/webhooks/generic?slow`, {
      method: 'POST',
      body: file('generic/own.json'),
      signal: hangingUp.signal,
    });
    await vi.waitFor(() => expect(signals).toHaveLength(2));
    hangingUp.abort();
    await expect(asked).rejects.toThrow();
    await vi.waitFor(() => expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]));
    slow.resolve();
  });
});
