import { NEW_RELIC_TEMPLATE } from '../../src/alerts/new-relic.ts';
import { fixtureOf, presetContract, templateContract } from './presets.ts';

presetContract('new-relic', {
  life: { begins: 'activated.json', ends: 'closed.json' },
  withLabels: (json, count) => ({
    ...json,
    tags: Object.fromEntries(Array.from({ length: count }, (_, at) => [`tag-${at}`, ['x']])),
  }),
  fixtures: {
    'activated.json': [
      {
        source: 'new-relic',
        id: 'c5faa7e6-7b54-402d-af79-f99601e0278c',
        event: 'triggered',
        title: "Fehlerquote > 5 % für 'checkout' – 3 Minuten",
        service: 'checkout-api',
        severity: 'CRITICAL',
        occurredAt: 1_773_457_926_699_000,
        startedAt: 1_773_457_925_352_000,
        url: 'https://radar-api.service.newrelic.com/accounts/1/issues/c5faa7e6',
        links: {
          runbook: 'https://runbooks.example.com/checkout',
          dashboard: 'https://gorgon.nr-assets.net/image/c5faa7e6',
        },
        traceIds: [],
      },
    ],
    'acknowledged.json': [{ event: 'triggered', startedAt: 1_773_457_925_352_000 }],
    'closed.json': [{ event: 'resolved', occurredAt: 1_773_458_925_383_000 }],
  },
});
templateContract(
  NEW_RELIC_TEMPLATE,
  /\{\{ [.A-Za-z0-9[\] ]+ \}\}/g,
  JSON.parse(fixtureOf('new-relic', 'activated.json').toString()),
);
