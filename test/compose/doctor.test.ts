import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { channelsIn, checksOfBot } from '../../src/compose/doctor.ts';
import { placesOf } from '../../src/compose/traces.ts';
import { type Config, readConfig } from '../../src/config.ts';

function configOf(yaml: string, environment: Readonly<Record<string, string>> = {}): Config {
  const path = join(mkdtempSync(join(tmpdir(), 'causeway-doctor-')), 'causeway.yml');
  writeFileSync(path, yaml);
  return readConfig({ CAUSEWAY_CONFIG: path, ...environment });
}

const CHANNELS = `
channel: incidents
services: [{ alert: Checkout, channel: checkout }, { alert: Mail }]
routes: [{ match: { team: [payments] }, channel: payments }]
`;

test('every channel that a card may go to is looked at; a trial run has one', () => {
  expect(channelsIn(configOf(CHANNELS))).toEqual(['incidents', 'checkout', 'payments']);
  expect(channelsIn(configOf(CHANNELS, { CAUSEWAY_SHADOW: '#trial' }))).toEqual(['trial']);
});

test('a running bot looks at each backend elsewhere, at Slack and at Redis, and at its own store not', () => {
  const several = configOf('backends: [{ kind: jaeger, url: "http://j" }, { kind: tempo, url: "http://t" }]', {
    SLACK_BOT_TOKEN: 'xoxb-1',
    SLACK_APP_TOKEN: 'xapp-1',
    REDIS_URL: 'redis://r',
  });
  const checks = checksOfBot(several, placesOf(several, undefined));
  expect(checks.map(({ name }) => name)).toEqual([
    'Jaeger at http://j',
    'Tempo at http://t',
    'Slack token',
    'Slack channels',
    'Redis',
    'Data folder',
    'Fonts',
  ]);
  // Opening Socket Mode again and again would use up what Slack allows.
  expect(checks.filter(({ standing }) => standing).map(({ name }) => name)).toEqual([
    'Jaeger at http://j',
    'Tempo at http://t',
    'Slack token',
    'Data folder',
  ]);
  const alone = configOf('');
  const [embedded] = placesOf(configOf('backend: { kind: files, path: /x }'), undefined);
  expect(checksOfBot(alone, [embedded]).map(({ name }) => name)).toEqual(['Data folder', 'Fonts']);
});
