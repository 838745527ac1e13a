import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { alertSourceContract, type Json } from '../contracts/alert-source.ts';
import { at, makeSource } from './make-source.ts';

const token = 'token-of-the-test-0123456789abcdef';
const source = makeSource('alertmanager', { tokens: [token, 'the next one'] });
const fixture = (name: string): Json =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'fixtures', 'alertmanager', name), 'utf8'));
const readJson = (json: unknown) => {
  const reading = source.read({ headers: {}, body: Buffer.from(JSON.stringify(json)) });
  return 'alerts' in reading ? reading.alerts : [];
};

alertSourceContract({
  source,
  deliver: (body) => ({ headers: { authorization: `Bearer ${token}` }, body }),
  proof: 'token',
  stale: 'none: Alertmanager signs nothing',
  life: { begins: 'mixed.json', ends: 'resolved-after-mixed.json' },
  withLabels(json, count) {
    for (let at = 0; at < count; at++) json.commonLabels[`label_${at}`] = 'x'.repeat(500);
    return json;
  },
  fixtures: {
    'captured.firing.json': [
      {
        source: 'alertmanager',
        id: '{}/{}:{alertname="HighErrorRate", team="payments"}',
        event: 'triggered',
        title: 'HighErrorRate: cart, checkout',
        occurredAt: at('2026-11-22T12:52:44.256Z'),
        startedAt: at('2026-11-22T12:52:44.256Z'),
        severity: 'critical',
        url: 'http://vm:9190/graph?g0.expr=http_errors_ratio+%3E+0.5&g0.tab=1',
        links: { runbook: 'https://runbooks.example.com/high-error-rate' },
        traceIds: [],
      },
    ],
    'captured.resolved.json': [
      {
        id: '{}/{}:{alertname="HighErrorRate", team="payments"}',
        event: 'resolved',
        occurredAt: at('2026-11-22T12:53:26.256Z'),
        startedAt: at('2026-11-22T12:52:44.256Z'),
      },
    ],
    'captured.truncated.json': [
      { event: 'triggered', title: 'HighErrorRate: cart /add error ratio 100%', service: 'cart' },
    ],
    'mixed.json': [
      {
        id: '{}/{team=~"pay.*"}:{alertname="BudgetBurn"}',
        event: 'triggered',
        title: 'BudgetBurn: 5xx > 2 % & rising <b>now</b> — Größe ✓ 日本語',
        service: 'checkout',
        severity: 'critical',
        occurredAt: at('2026-03-14T03:09:44Z') + 13_285,
        links: {
          runbook: 'https://runbooks.example.com/a?b=1&c=2',
          dashboard: 'https://grafana.example.com/d/checkout',
          owner: 'https://teams.example.com/payments',
        },
        traceIds: ['4bf92f3577b34da6a3ce929d0e0e4736'],
      },
    ],
    'resolved-after-mixed.json': [{ event: 'resolved', occurredAt: at('2026-03-14T03:20:00.500Z') }],
    'ungrouped.json': [
      { id: '{}:{}/DiskFull/', event: 'triggered', title: 'DiskFull', occurredAt: at('2026-03-14T03:02:00Z') },
      { id: '{}:{}/SlowCheckout/checkout', event: 'resolved', title: 'SlowCheckout: checkout', service: 'checkout' },
      { id: '{}:{}//', event: 'triggered', title: 'An alert without a name', severity: 'info' },
    ],
  },
});

describe('a group of alerts', () => {
  const delivery = (json: unknown) => readJson(json)[0]?.delivery;

  test('repeated, or sent by the other half of a pair in another order, is the same delivery', () => {
    const other = fixture('captured.firing.json');
    other.alerts.reverse();
    other.externalURL = 'http://the-other-one:9093';
    expect(delivery(other)).toBe(delivery(fixture('captured.firing.json')));
  });

  test.each([
    ['fires again', (json: Json) => Object.assign(json.alerts[0], { startsAt: '2026-11-22T14:00:00Z' })],
    ['has another member', (json: Json) => json.alerts.push({ ...json.alerts[0], fingerprint: 'other' })],
    ['has a member resolved', (json: Json) => Object.assign(json.alerts[0], { status: 'resolved' })],
    ['came by another route', (json: Json) => Object.assign(json, { groupKey: '{}/{a="b"}:{x="y"}' })],
  ])('that %s is another delivery', (_what, change) => {
    const changed = fixture('captured.firing.json');
    change(changed);
    expect(delivery(changed)).not.toBe(delivery(fixture('captured.firing.json')));
  });

  test('fires while one of its members does, and while one may that was cut off', () => {
    const json = fixture('captured.truncated.json');
    json.alerts[0].status = 'resolved';
    expect(readJson(json)).toMatchObject([{ event: 'triggered' }]);
    json.truncatedAlerts = 0;
    json.status = 'resolved';
    expect(readJson(json)).toMatchObject([{ event: 'resolved' }]);
  });

  test('keeps long group keys apart that begin alike', () => {
    const ids = ['a', 'b'].map(
      (end) => readJson({ ...fixture('mixed.json'), groupKey: `{${'x'.repeat(3_000)}${end}}` })[0]?.id,
    );
    expect(ids[0]).not.toBe(ids[1]);
    expect(ids[0]?.length).toBeLessThan(200);
  });

  test('of five thousand is one alert, and of more is refused', () => {
    const json = fixture('captured.firing.json');
    const many = (count: number) => ({ ...json, alerts: Array.from({ length: count }, () => json.alerts[0]) });
    expect(readJson(many(5_000))).toHaveLength(1);
    expect(() => readJson(many(5_001))).toThrow('alerts');
  });
});

test.each([
  ['as a bearer', { headers: { authorization: `Bearer ${token}` } }],
  ['as a password', { headers: { authorization: `Basic ${Buffer.from(`anybody:${token}`).toString('base64')}` } }],
  ['in a header of ours', { headers: { 'x-causeway-token': token } }],
  ['behind the address', { headers: {}, query: { token } }],
  ['as the next one while they are rotated', { headers: {}, query: { token: 'the next one' } }],
])('the token is taken %s', (_where, where) => {
  expect(source.authenticate({ ...where, body: Buffer.from('{}') }, new AbortController().signal)).toBeUndefined();
});

test.each([
  ['is empty', { headers: { authorization: 'Bearer ' }, query: { token: '' } }],
  ['is half of it', { headers: { authorization: `Bearer ${token.slice(0, -1)}` } }],
  ['is more than it', { headers: { authorization: `Bearer ${token}x` } }],
  ['is in another case', { headers: { authorization: `Bearer ${token.toUpperCase()}` } }],
  ['is a user name', { headers: { authorization: `Basic ${Buffer.from(`${token}:`).toString('base64')}` } }],
])('no token that %s', (_what, where) => {
  const act = () => source.authenticate({ ...where, body: Buffer.from('{}') }, new AbortController().signal);
  expect(act).toThrow(expect.objectContaining({ kind: 'unauthorized', hint: expect.stringContaining('alertmanager') }));
});

test('without a token in the configuration nothing is trusted', () => {
  const act = () =>
    makeSource('alertmanager', {}).authenticate({ headers: {}, body: Buffer.from('') }, new AbortController().signal);
  expect(act).toThrow('No secret for Alertmanager is configured');
});
