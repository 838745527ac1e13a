import { expect, test } from 'vitest';
import { fixtureOf, presetContract } from './presets.ts';

const source = presetContract('opsgenie', {
  life: { begins: 'create.json', ends: 'close.json' },
  withLabels(json, count) {
    json.alert.details = Object.fromEntries(Array.from({ length: count }, (_, at) => [`detail-${at}`, 'x']));
    return json;
  },
  fixtures: {
    'create.json': [
      {
        source: 'opsgenie',
        id: 'ec03dad6-62c8-4c94-b38b-d88f398e900f',
        event: 'triggered',
        title: 'Bestellung hängt 🛒',
        service: 'checkout-api',
        severity: '3',
        // 1773457925288000110 nanoseconds, which is no number that JavaScript has.
        occurredAt: 1_773_457_925_288_000,
        startedAt: 1_773_457_925_288_000,
        links: { runbook: 'https://runbooks.example.com/cart', dashboard: 'https://grafana.example.com/d/cart' },
        labels: { runbook: 'https://runbooks.example.com/cart', env: 'production', vip: 'true', team: 'payments' },
        traceIds: ['4bf92f3577b34da6a3ce929d0e0e4736'],
      },
    ],
    'acknowledge.json': [{ event: 'acknowledged', occurredAt: 1_773_457_990_764_002 }],
    'close.json': [{ event: 'resolved', occurredAt: 1_773_458_374_669_001 }],
    'note.json': [{ event: 'updated', note: 'looking', team: 'payments', priority: '3' }],
    'custom.json': { ignored: /TestAction/ },
  },
});

test('a note of our own is not news', () => {
  const json = JSON.parse(fixtureOf('opsgenie', 'note.json').toString());
  json.alert.note = 'Causeway: Cause: auth.\n[causeway 3f9a2b7c1d20]';
  expect(source.read({ headers: {}, body: Buffer.from(JSON.stringify(json)) })).toEqual({
    ignored: 'A note of our own.',
  });
});
