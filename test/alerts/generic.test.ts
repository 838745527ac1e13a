import { describe, expect, test } from 'vitest';
import type { Delivery } from '../../src/ports/alert-source.ts';
import { alertSourceContract } from '../contracts/alert-source.ts';
import { at, hmacHex, makeSource, NOW } from './make-source.ts';
import { fixtureOf } from './presets.ts';

const secret = 'secret-of-the-test';
const signal = new AbortController().signal;
const signed = { secrets: [secret], signature: { header: 'X-Hub-Signature-256', prefix: 'sha256=' } };
const source = makeSource('generic', signed);
const read = (body: string | Uint8Array, headers: Delivery['headers'] = {}, options: object = {}) => {
  const reading = makeSource('generic', options).read({ headers, body: Buffer.from(body) });
  return 'alerts' in reading ? reading.alerts : reading;
};

alertSourceContract({
  source,
  deliver: (body) => ({ headers: { 'x-hub-signature-256': `sha256=${hmacHex(secret, body)}` }, body }),
  proof: 'signature',
  stale: 'none: only the body is signed',
  life: { begins: 'own.json', ends: 'own.resolved.json' },
  withLabels: (json, count) => ({
    ...json,
    labels: Object.fromEntries(Array.from({ length: count }, (_, at) => [`label-${at}`, 'x'])),
  }),
  fixtures: {
    'own.json': [
      {
        source: 'generic',
        id: 'db-7',
        event: 'triggered',
        title: 'База данных: slow queries',
        service: 'orders',
        severity: 'high',
        occurredAt: at('2026-03-14T03:12:05Z') + 123_456,
        url: 'https://example.com/alerts/7',
        links: { runbook: 'https://runbooks.example.com/db' },
        labels: { team: 'storage', env: 'production' },
        traceIds: ['4bf92f3577b34da6a3ce929d0e0e4736'],
      },
    ],
    'own.resolved.json': [{ id: 'db-7', event: 'resolved' }],
    'own.muted.json': { ignored: /muted/ },
    'cloudevent.json': [
      {
        id: 'queue-depth',
        delivery: '/monitoring/4/C234-1234-1234/triggered',
        event: 'triggered',
        title: 'Queue is deep',
        service: 'orders',
        occurredAt: at('2026-03-14T03:12:05Z'),
        labels: { team: 'storage', env: 'production' },
        traceIds: ['0af7651916cd43dd8448eb211c80319c'],
      },
    ],
    'cloudevent.batch.json': [
      { id: 'queue-depth' },
      { id: 'C234-1234-1235', title: 'com.example.alert', event: 'triggered' },
      { id: 'queue-depth', title: 'com.example.alert' },
    ],
    'cloudevent.base64.json': [{ id: 'queue-depth', title: 'from base64', event: 'resolved' }],
    'cloudevent.base64.broken.json': [{ id: 'x', title: 'com.example.alert' }],
    'batch.empty.json': { ignored: /empty batch/ },
  },
});

describe('a mapping', () => {
  const zabbix = {
    fields: {
      id: 'event.id',
      title: ['event.name', 'event.subject'],
      status: 'event.value',
      service: 'host.0.name',
      time: 'event.clock',
      labels: ['event.tags', 'host'],
      dashboard: 'event.graph',
    },
    status: { triggered: ['1', 'PROBLEM'], resolved: ['0'] },
    each: 'problems',
  };
  const problem = {
    event: {
      id: 7,
      subject: 'Disk',
      value: 1,
      clock: 1_773_457_925,
      tags: [{ tag: 'a' }],
      graph: 'https://z.example/g',
    },
    host: [{ name: 'db-1' }],
  };

  test('finds members anywhere, the first of several, and words of a status in any case', () => {
    const [alert] = [read(JSON.stringify({ problems: [problem] }), {}, zabbix)].flat();
    expect(alert).toMatchObject({
      id: '7',
      title: 'Disk',
      event: 'triggered',
      service: 'db-1',
      occurredAt: 1_773_457_925_000_000,
      links: { dashboard: 'https://z.example/g' },
      labels: { tag: 'a', name: 'db-1' },
    });
    const said = { ...problem, event: { ...problem.event, value: 'problem' } };
    expect(read(JSON.stringify(said), {}, zabbix)).toMatchObject([{ event: 'triggered' }]);
  });

  test('of a list is one alert for each member, and without the list of the body itself', () => {
    const two = { problems: [problem, { ...problem, event: { ...problem.event, id: 8, value: 0 } }] };
    expect(read(JSON.stringify(two), {}, zabbix)).toMatchObject([{ id: '7' }, { id: '8', event: 'resolved' }]);
    expect(read(JSON.stringify(problem), {}, zabbix)).toMatchObject([{ id: '7' }]);
    expect(read(JSON.stringify({ problems: [] }), {}, zabbix)).toEqual({ ignored: 'An empty batch.' });
  });

  test.each([
    [{ ...problem, event: { ...problem.event, id: undefined } }, 'event.id holds no id'],
    [{ ...problem, event: { ...problem.event, subject: '' } }, 'event.name or event.subject holds no title'],
    [{ ...problem, event: { ...problem.event, id: '{EVENT.ID}' } }, 'event.id was sent unfilled'],
    [{ ...problem, event: { ...problem.event, id: '*UNKNOWN*' } }, 'event.id was sent unfilled'],
  ])('names the member that is missing: %#', (json, message) => {
    expect(() => read(JSON.stringify(json), {}, zabbix)).toThrow(
      expect.objectContaining({ kind: 'bad-input', message: expect.stringContaining(message) }),
    );
  });

  test('reaches own members only', () => {
    const options = { fields: { id: 'id', title: ['constructor.name', '__proto__.x', 'title'] } };
    expect(read('{"id":"1","title":"t"}', {}, options)).toMatchObject([{ title: 't' }]);
  });

  test.each([
    [{ fields: { id: 'id' } }, /fields\.title/],
    [{ fields: { id: 'id', title: 'title', titel: 'x' } }, /titel/],
    [{ fields: { id: [], title: 't' } }, /fields\.id/],
    [{ status: { fired: ['x'] } }, /fired/],
    [{ token: 'x' }, /token[\s\S]*Known names are tokens/],
  ])('that is wrong is named at the start: %j', (options, message) => {
    const act = () => makeSource('generic', options);
    expect(act).toThrow(expect.objectContaining({ kind: 'misconfigured' }));
    try {
      act();
    } catch (thrown) {
      expect(`${thrown} ${Reflect.get(Object(thrown), 'hint')}`).toMatch(message);
    }
  });

  test('has the name that the configuration gives it', () => {
    const zoo = makeSource('generic', { unsigned: true }, { name: 'zoo' });
    expect(zoo.kind).toBe('zoo');
    expect(zoo.read({ headers: {}, body: fixtureOf('generic', 'own.json') })).toMatchObject({
      alerts: [{ source: 'zoo' }],
    });
  });
});

describe('CloudEvents in headers', () => {
  const headers = {
    'ce-specversion': '1.0',
    'ce-type': 'com.example.alert',
    'ce-source': '/monitoring',
    'ce-id': 'C1',
    'ce-time': '2026-03-14T03:12:05Z',
    'ce-subject': 'queue%20depth%20%E2%82%AC',
    'ce-traceparent': '00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    'content-type': 'application/json',
  };

  test('are the event, the body its data, and the trace of the transport is not the event’s', () => {
    expect(read('{"title":"Deep","status":"firing"}', headers)).toMatchObject([
      {
        id: 'queue depth €',
        delivery: '/monitoring/C1/triggered',
        title: 'Deep',
        occurredAt: at('2026-03-14T03:12:05Z'),
        traceIds: ['0af7651916cd43dd8448eb211c80319c'],
      },
    ]);
  });

  test('may come without data or with escapes that are none', () => {
    expect(read('', { ...headers, 'ce-subject': '100%' })).toMatchObject([{ id: '100%', title: 'com.example.alert' }]);
    expect(() => read('{', headers)).toThrow('not JSON');
  });
});

describe('asking by OPTIONS', () => {
  const ask = (headers: Delivery['headers'], options: object = {}) => makeSource('generic', options).greet?.(headers);

  test('is answered with the origin that may send', () => {
    expect(ask({ 'webhook-request-origin': 'events.example.com' })).toMatchObject({
      status: 200,
      headers: { 'webhook-allowed-origin': 'events.example.com', 'webhook-allowed-rate': '*', allow: 'POST, OPTIONS' },
    });
    expect(ask({})).toMatchObject({ status: 200, headers: { allow: 'POST, OPTIONS' } });
  });

  test.each(['evil.example', 'a\r\nset-cookie: x', '', 'x'.repeat(300)])('consents to nobody else: %j', (origin) => {
    const reply = ask({ 'webhook-request-origin': origin }, { origins: ['events.example.com'] });
    expect(reply?.status).toBe(403);
    expect(reply?.headers).not.toHaveProperty('webhook-allowed-origin');
  });
});

test('a form is read, also one that holds JSON, and an empty one is refused', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  expect(read('id=1&title=A+b&status=firing', form)).toMatchObject([{ id: '1', title: 'A b', occurredAt: NOW }]);
  expect(read(`payload=${encodeURIComponent('{"id":"2","title":"C"}')}`, form)).toMatchObject([{ id: '2' }]);
  for (const body of ['', '=', '{"id":1}'])
    expect(() => read(body, form)).toThrow(expect.objectContaining({ kind: 'bad-input' }));
});

test('a batch of more than a thousand is refused', () => {
  expect(() => read(JSON.stringify(Array(1_001).fill({ id: 1, title: 'x' })))).toThrow('1000');
});

test('the token may stand in a header of the sender’s own', () => {
  const own = makeSource('generic', { tokens: ['t'], tokenHeader: 'X-Zoo' });
  expect(() => own.authenticate({ headers: { 'x-zoo': 't' }, body: Buffer.from('') }, signal)).not.toThrow();
  expect(() => own.authenticate({ headers: { 'x-zoo': 'u' }, body: Buffer.from('') }, signal)).toThrow('token');
});
