import { expect, test } from 'vitest';
import { DATADOG_TEMPLATE } from '../../src/alerts/datadog.ts';
import { fixtureOf, presetContract, templateContract } from './presets.ts';

const source = presetContract('datadog', {
  life: { begins: 'triggered.json', ends: 'recovered.json' },
  withLabels: (json, count) => ({ ...json, tags: Array.from({ length: count }, (_, at) => `tag-${at}:x`).join(', ') }),
  fixtures: {
    'triggered.json': [
      {
        source: 'datadog',
        id: '1001',
        delivery: '5485379890863845239/triggered',
        event: 'triggered',
        title: '[Triggered on {service:checkout-api}] Error rate — płatności 🔥',
        service: 'checkout-api',
        severity: 'P2',
        occurredAt: 1_773_457_925_000_000,
        url: 'https://app.datadoghq.com/event/event?id=5485379890863845239',
        links: {
          runbook: 'https://wiki.example.com/checkout-5xx',
          dashboard: 'https://app.datadoghq.com/dashboard/abc',
        },
        priority: 'P2',
        team: 'payments',
        environment: 'production',
        labels: { env: 'production', service: 'checkout-api', team: 'payments', monitor: 'true' },
      },
    ],
    'recovered.json': [{ id: '1001', event: 'resolved', occurredAt: 1_773_458_925_000_000 }],
    'default-payload.json': [{ id: '5485379890863845239', event: 'triggered', occurredAt: 1_773_457_925_000_000 }],
    'number-id.json': [{ id: '5485379890863845001', delivery: '5485379890863845239/triggered', service: 'queue' }],
    'unknown-transition.json': { ignored: /Muted/ },
  },
});
templateContract(DATADOG_TEMPLATE, /"\$[A-Z_]+"/g, JSON.parse(fixtureOf('datadog', 'triggered.json').toString()));

test('a template that was not filled in is refused, and says which member', () => {
  expect(() => source.read({ headers: {}, body: fixtureOf('datadog', 'unrendered.json') })).toThrow(
    expect.objectContaining({ kind: 'bad-input', message: expect.stringContaining('cycle_key') }),
  );
});

test('a link that was not filled in is no link', () => {
  const reading = source.read({ headers: {}, body: fixtureOf('datadog', 'recovered.json') });
  expect('alerts' in reading && reading.alerts[0]?.url).toBeUndefined();
});

test('Datadog may encode the payload as a form', () => {
  const form = new URLSearchParams(JSON.parse(fixtureOf('datadog', 'triggered.json').toString()));
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  expect(source.read({ headers, body: Buffer.from(form.toString()) })).toMatchObject({
    alerts: [{ id: '1001', event: 'triggered', service: 'checkout-api' }],
  });
});
