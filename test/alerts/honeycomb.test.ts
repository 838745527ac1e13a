import { expect, test } from 'vitest';
import { HONEYCOMB_TEMPLATE } from '../../src/alerts/honeycomb.ts';
import { NOW } from './make-source.ts';
import { fixtureOf, presetContract, templateContract } from './presets.ts';

const source = presetContract(
  'honeycomb',
  {
    life: { begins: 'triggered.json', ends: 'ok.json' },
    withLabels: (json, count) => ({
      ...json,
      result_groups_triggered: Array.from({ length: count }, (_, at) => ({
        Group: { [`field-${at}`]: 'x' },
        Result: 1,
      })),
    }),
    fixtures: {
      'triggered.json': [
        {
          source: 'honeycomb',
          id: 'abdcefg',
          event: 'triggered',
          title: 'Checkout errors ✗',
          service: 'checkout-api',
          occurredAt: NOW,
          url: 'https://ui.honeycomb.io/example/datasets/shop/triggers/abdcefg',
          labels: { 'Group.service.name': 'checkout-api', Result: '5' },
        },
      ],
      'ok.json': [{ id: 'abdcefg', event: 'resolved' }],
      'older.json': [{ id: 'Checkout errors ✗', event: 'triggered' }],
    },
  },
  'x-honeycomb-webhook-token',
);
templateContract(
  HONEYCOMB_TEMPLATE,
  /"\{\{ [.A-Za-z]+ \}\}"/g,
  JSON.parse(fixtureOf('honeycomb', 'triggered.json').toString()),
);

test('a delivery is known by the id that Honeycomb sends with it', () => {
  const body = fixtureOf('honeycomb', 'triggered.json');
  const of = (id: string) => {
    const reading = source.read({ headers: { 'x-honeycomb-webhook-delivery-id': id }, body });
    return 'alerts' in reading ? reading.alerts[0]?.delivery : undefined;
  };
  expect(of('d1')).toBe('d1/triggered');
  expect(of('d2')).not.toBe(of('d1'));
});
