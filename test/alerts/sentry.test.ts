import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alertSourceContract } from '../contracts/alert-source.ts';
import { at, hmacHex, makeSource, NOW_SECONDS } from './make-source.ts';

const secret = 'client-secret-of-the-test';
const source = makeSource('sentry', { secrets: ['older', secret], tokens: ['plugin-token'] });
const file = (name: string) => readFileSync(join(import.meta.dirname, '..', 'fixtures', 'sentry', name));
const signal = new AbortController().signal;
const later = NOW_SECONDS + 100;

alertSourceContract({
  source,
  deliver: (body) => ({
    headers: { 'sentry-hook-signature': hmacHex(secret, body), 'sentry-hook-timestamp': `${later}` },
    body,
  }),
  proof: 'signature',
  stale: 'none: Sentry’s signature covers no time; a body that comes again is known by itself',
  life: { begins: 'event_alert.triggered.json', ends: 'issue.resolved.json' },
  withLabels(json, count) {
    json.data.event.tags = Array.from({ length: count }, (_, at) => [`tag-${at}`, 'x']);
    return json;
  },
  fixtures: {
    'event_alert.triggered.json': [
      {
        source: 'sentry',
        id: 'issue 1170820242',
        event: 'triggered',
        title: 'TimeoutError: 결제 시간 초과 after 3000 ms',
        service: 'checkout-api',
        severity: 'error',
        occurredAt: at('2026-03-14T03:12:05.391Z'),
        url: 'https://sentry.io/organizations/shop/issues/1170820242/events/bb78c1407cea4519aa397afc059c793d/',
        // Neither the id of the event nor the one in its address, which look the same.
        traceIds: ['4254e8c8756547bdb1cd1194a8875337'],
        labels: {
          project: 'checkout-api',
          environment: 'production',
          rule: 'Checkout errors',
          level: 'error',
          server_name: 'web-3',
        },
      },
    ],
    'error.created.json': [
      {
        id: 'issue 1170820242',
        title: 'TimeoutError: 결제 시간 초과 after 3000 ms',
        service: 'checkout-api',
        traceIds: [],
      },
    ],
    'issue.resolved.json': [{ id: 'issue 1170820242', event: 'resolved', occurredAt: later * 1_000_000 }],
    'issue.unresolved.json': [{ id: 'issue 1170820242', event: 'reopened', service: 'checkout-api' }],
    'issue.assigned.json': { ignored: /assigned/ },
    'metric_alert.critical.json': [
      {
        id: 'metric alert 4',
        event: 'triggered',
        title: 'Too many errors',
        service: 'checkout-api',
        severity: 'critical',
        startedAt: at('2026-03-14T03:09:00Z'),
      },
    ],
    'metric_alert.resolved.json': [{ id: 'metric alert 4', event: 'resolved', occurredAt: later * 1_000_000 }],
    'comment.created.json': { ignored: /something else/ },
    'installation.created.json': { ignored: /something else/ },
    'legacy-plugin.json': [
      {
        id: 'issue 4616132097',
        title: 'Failed to fetch profile',
        service: 'frontend-app',
        occurredAt: 1_773_457_885_873_000,
        traceIds: [],
      },
    ],
  },
});

test('what Sentry says beside the body makes no webhook a new one', () => {
  const body = file('event_alert.triggered.json');
  const [one, other] = ['a', 'b'].map((id) =>
    source.read({ headers: { 'request-id': id, 'sentry-hook-resource': id }, body }),
  );
  expect(other).toEqual(one);
});

test('nobody who used the program is in the alert', () => {
  const alert = JSON.stringify(source.read({ headers: {}, body: file('event_alert.triggered.json') }));
  expect(alert).not.toMatch(/person-7|somebody@|203\.0\.113/);
});

test('the old plugin proves itself by a token, and signed webhooks need none', () => {
  const body = file('legacy-plugin.json');
  expect(() => source.authenticate({ headers: {}, query: { token: 'plugin-token' }, body }, signal)).not.toThrow();
  expect(() => source.authenticate({ headers: {}, query: { token: 'plugin-toke' }, body }, signal)).toThrow('no token');
  const rotated = { 'sentry-hook-signature': hmacHex('older', body) };
  expect(() => source.authenticate({ headers: rotated, body }, signal)).not.toThrow();
});
