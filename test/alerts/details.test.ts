import { expect, test } from 'vitest';
import { factsIn, linksInText, slackChannelIn } from '../../src/alerts/details.ts';

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

test.each([
  ['Runbook: https://w.example.com/r.', { runbook: 'https://w.example.com/r' }],
  [
    '[Run book](https://w.example.com/r) and <https://g.example.com/d|the dashboard>',
    {
      runbook: 'https://w.example.com/r',
      dashboard: 'https://g.example.com/d',
    },
  ],
  [
    'Dashboard https://g.example.com/d, playbook https://w.example.com/p, owner: https://t.example.com',
    {
      dashboard: 'https://g.example.com/d',
      runbook: 'https://w.example.com/p',
      owner: 'https://t.example.com/',
    },
  ],
  ['the runbook says nothing\nhttps://other.example.com', {}],
  ['Runbook: javascript:alert(1)', {}],
  [`${'runbook '.repeat(2_000)}https://late.example.com`, {}],
  [undefined, {}],
])('links in %j', (text, links) => {
  expect(linksInText(text)).toEqual(links);
});

test.each([
  ['https://acme.slack.com/archives/C0INC12345', 'C0INC12345'],
  ['https://app.slack.com/client/T01ABC/C0INC12345', 'C0INC12345'],
  ['https://acme.slack.com/archives/C0INC12345/p1790000000000000', 'C0INC12345'],
  ['https://slack.com.evil.example/archives/C0INC12345', undefined],
  ['https://evilslack.com/archives/C0INC12345', undefined],
  ['https://zoom.us/j/123', undefined],
  ['not a link', undefined],
])('the channel of %s', (link, channel) => {
  expect(slackChannelIn(link)).toBe(channel);
});
