import { expect, test } from 'vitest';
import { factsIn } from '../../src/alerts/details.ts';

const details = (given: Record<string, string>) => Object.entries(given).map(([path, text]) => ({ path, text }));

test.each([
  [{ environment: 'production' }, { environment: 'production' }],
  [
    { 'labels.ENV': 'prod', team: 'payments' },
    { environment: 'prod', team: 'payments' },
  ],
  [{ 'deployment.environment.name': 'staging' }, { environment: 'staging' }],
  [{ env: 'short', environment: 'plain' }, { environment: 'plain' }],
  [{ 'resource.deployment.environment': 'blue' }, { environment: 'blue' }],
  [{ slack_channel: '#inc-12-checkout' }, { channel: 'inc-12-checkout' }],
  [{ slack_channel_name: 'inc-12', slack_channel_id: 'C012' }, { channel: 'C012' }],
  [{ team: 'https://wiki.example.com/payments' }, {}],
  [
    { environment: ' ', priority: 'P2', urgency: 'low' },
    { priority: 'P2', urgency: 'low' },
  ],
  [{ steam: 'x', 'my-env': 'y', environmental: 'z' }, {}],
])('facts of %j', (given, facts) => {
  expect(factsIn(details(given))).toEqual(facts);
});
