import { SPLUNK_ON_CALL_TEMPLATE } from '../../src/alerts/splunk-on-call.ts';
import { fixtureOf, presetContract, templateContract } from './presets.ts';

presetContract('splunk-on-call', {
  life: { begins: 'triggered.json', ends: 'resolved.json' },
  withLabels: (json, count) => ({
    ...json,
    labels: Array.from({ length: count }, (_, at) => ({ key: `l${at}`, value: 'x' })),
  }),
  fixtures: {
    'triggered.json': [
      {
        source: 'splunk-on-call',
        id: '14',
        event: 'triggered',
        title: 'Оплата: ошибки',
        service: 'checkout-api',
        severity: 'CRITICAL',
        links: {
          runbook: 'https://runbooks.example.com/checkout',
          dashboard: 'https://grafana.example.com/d/checkout',
        },
        occurredAt: 1_773_457_926_582_000,
      },
    ],
    'acked.json': [{ id: '14', event: 'acknowledged', startedAt: 1_773_457_926_582_000 }],
    'resolved.json': [{ id: '14', event: 'resolved' }],
    'flat.json': [{ id: '15', event: 'triggered', title: 'bb065e38', service: 'checkout-api' }],
    'chat.json': { ignored: /CHAT/ },
  },
});
templateContract(
  SPLUNK_ON_CALL_TEMPLATE,
  /"\$\{\{[A-Za-z_.]+\}\}"/g,
  JSON.parse(fixtureOf('splunk-on-call', 'triggered.json').toString()),
);
