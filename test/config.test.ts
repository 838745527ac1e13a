import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { Failure } from '../src/failure.ts';

const NO_FILE = {};

describe('the configuration', () => {
  test('needs nothing: a fresh clone runs the playground on loopback', () => {
    const config = readConfig(NO_FILE);
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      otlpPort: 4318,
      role: 'all',
      chat: { kind: 'playground' },
      channel: 'incidents',
    });
  });

  test('tells every problem at once, each with what to do', () => {
    const problem = failureOf({
      PORT: 'eighty',
      OTLP_PORT: '70000',
      CAUSEWAY_ROLE: 'boss',
      SLACK_APP_TOKEN: 'xapp-1',
      REDIS_URL: 'localhost',
    });
    for (const name of ['PORT', 'OTLP_PORT', 'CAUSEWAY_ROLE', 'SLACK_APP_TOKEN', 'REDIS_URL'])
      expect(problem.message).toContain(`${name}:`);
    expect(problem.message.match(/→/g)).toHaveLength(5);
  });

  test('shows no value, since it may be a secret', () => {
    const problem = failureOf({ SLACK_BOT_TOKEN: 'xoxb-very-secret', SLACK_API_URL: 'not a url s3cret' });
    expect(problem.message).not.toMatch(/very-secret|s3cret/);
  });

  test.each([
    [{ HOST: '0.0.0.0' }, true],
    [{ HOST: '0.0.0.0', CAUSEWAY_PLAYGROUND: 'on' }, false],
    [{ HOST: '0.0.0.0', SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' }, false],
    [{ HOST: '127.0.0.53' }, false],
    [{ HOST: '::1' }, false],
    [{ CAUSEWAY_PLAYGROUND: 'off' }, true],
  ])('an open playground on an address that others reach: %j refused: %s', (environment, refused) => {
    if (refused) expect(failureOf(environment).kind).toBe('misconfigured');
    else expect(readConfig(environment).host).toBe('HOST' in environment ? environment.HOST : '127.0.0.1');
  });

  test('Slack is Socket Mode with an app token, HTTP mode with a signing secret, and an error with neither', () => {
    expect(readConfig({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' }).chat).toMatchObject({ mode: 'socket' });
    expect(
      readConfig({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 's', SLACK_API_URL: 'http://127.0.0.1:1/api' })
        .chat,
    ).toMatchObject({
      mode: 'http',
      apiUrl: 'http://127.0.0.1:1/api/',
    });
    expect(failureOf({ SLACK_BOT_TOKEN: 'xoxb-1' }).message).toContain('SLACK_SIGNING_SECRET');
  });

  test('web and worker need a queue that both reach and traces that both reach', () => {
    expect(failureOf({ CAUSEWAY_ROLE: 'worker' }).message).toMatch(/REDIS_URL[\s\S]*embedded trace store/);
  });

  test('secrets rotate by a list', () => {
    expect(readConfig({ PAGERDUTY_WEBHOOK_SECRET: 'new, old,' }).pagerDuty.secrets).toEqual(['new', 'old']);
  });

  describe('causeway.yml', () => {
    test('reads routes: one text or a list, hours of a zone, severities in anybody’s words', () => {
      const file = yaml(
        `cardsPerHour: 5
incidentChannels: []
routes:
  - match: { team: payments, severity: [critical, P2], labels: { tier: 1 } }
    channel: "#payments"
    floor: warning
    quiet: { hours: 22:00-07:00, days: [sat, sun], zone: Europe/Berlin, unless: error }
  - mute: true
`,
      );
      expect(readConfig({ CAUSEWAY_CONFIG: file })).toMatchObject({
        cardsPerHour: 5,
        incidentChannels: [],
        routes: [
          {
            match: { team: ['payments'], severity: ['critical', 'P2'], labels: { tier: ['1'] } },
            channel: 'payments',
            floor: 'medium',
            quiet: [{ from: 1_320, to: 420, days: ['sat', 'sun'], zone: 'Europe/Berlin', unless: 'high' }],
          },
          { match: {}, mute: true },
        ],
      });
    });

    test.each([
      [
        'routes:\n  - match:\n      servcie: a\n',
        /routes\.0\.match \(line 3\)[\s\S]*servcie[\s\S]*source, service, team/,
      ],
      ['channel: a\nroutes:\n  - mach: {}\n', /routes\.0 \(line 3\)[\s\S]*match, channel/],
      ['routes:\n  - channel: a\n    floor: purple\n', /floor \(line 3\): is no severity; known are critical/],
      [
        'routes:\n  - quiet:\n      hours: 22-07\n      zone: Mars\n      days: [monday]\n',
        /hours \(line 3\): are no hours[\s\S]*days\.0 \(line 5\)[\s\S]*mon, tue[\s\S]*zone \(line 4\): is no time zone/,
      ],
      ['routes:\n  - quiet: { hours: 25:00-26:00, zone: UTC }\n', /hours \(line 2\)/],
      ['routes:\n  - match: { team: [] }\n', /team \(line 2\)/],
      ['cardsPerHour: 0\n', /cardsPerHour \(line 1\)/],
      ['channel: a\nrotues: []\n', /top level \(line 2\)[\s\S]*rotues[\s\S]*routes/],
    ])('a route that cannot work is told with its line and what is known: %j', (content, message) => {
      expect(failureOf({ CAUSEWAY_CONFIG: yaml(content) }).message).toMatch(message);
    });

    test('the routes and changes that docs/alerts.md shows can be read as they are', () => {
      const shown = [...readFileSync('docs/alerts.md', 'utf8').matchAll(/^```yaml\n([^`]*)```$/gm)].map(
        ([, text = '']) => text,
      );
      const routes = shown.find((text) => text.includes('routes:')) ?? '';
      const changes = shown.find((text) => text.startsWith('changes:')) ?? '';
      const config = readConfig({ CAUSEWAY_CONFIG: yaml(routes + changes), CHANGES_TOKEN: 'secret' });
      expect(config.routes).toHaveLength(4);
      expect(config.changes).toEqual({ tokens: 'secret' });
    });

    test('causeway.example.yml can be read, and so can what is commented out in it', () => {
      const text = readFileSync('causeway.example.yml', 'utf8');
      const uncommented = [...text.matchAll(/^# (?:routes|changes):\n(?:#.*\n)*/gm)].join('').replace(/^# /gm, '');
      const config = readConfig({ CAUSEWAY_CONFIG: yaml(uncommented), CHANGES_TOKEN: 'secret' });
      expect(readConfig({ CAUSEWAY_CONFIG: yaml(text) }).services).toHaveLength(1);
      expect(config.routes.length).toBeGreaterThan(1);
    });

    test('maps services and channels', () => {
      const file = yaml(
        'channel: alerts\nservices:\n  - alert: Checkout API\n    traces: [gateway, order]\n    channel: shop\n    runbook: https://wiki.example.com/checkout\n',
      );
      expect(readConfig({ CAUSEWAY_CONFIG: file })).toMatchObject({
        channel: 'alerts',
        services: [{ alert: 'Checkout API', traces: ['gateway', 'order'] }],
      });
    });

    test.each([
      ['chanel: incidents', /unrecognized key[\s\S]*Known names are channel, services/i],
      ['services:\n  - alert: A\n    trace: [a]', /services\.0[\s\S]*Known names are alert, traces/],
      ['services:\n  - traces: [a]', /services\.0\.alert/],
      ['channel: [', /is not YAML/],
      ['links: {trace: "https://x"}', /links\.trace/],
    ])('%j is refused by name', (content, message) => {
      expect(failureOf({ CAUSEWAY_CONFIG: yaml(content) }).message).toMatch(message);
    });

    test('names senders, whose secrets may stand in the environment', () => {
      const file = yaml(
        `alerts:\n  grafana:\n    secrets: ${reference('GRAFANA_SECRET')}\n  zoo:\n    kind: generic\n    tokens: ["${reference('ZOO')}", plain]\n  sentry:\n`,
      );
      const config = readConfig({ CAUSEWAY_CONFIG: file, GRAFANA_SECRET: 'a,b', ZOO: 'c' });
      expect(config.alerts).toEqual({
        grafana: { secrets: 'a,b' },
        zoo: { kind: 'generic', tokens: ['c', 'plain'] },
        sentry: {},
      });
    });

    test('that asks for a variable that is not set says which and where', () => {
      const file = yaml(`alerts:\n  grafana:\n    secrets: ["${reference('GRAFANA_SECRET')}"]\n`);
      expect(failureOf({ CAUSEWAY_CONFIG: file }).message).toMatch(
        /alerts\.grafana\.secrets\.0: asks for .*GRAFANA_SECRET/,
      );
    });

    test('leaves texts alone that are more than a reference', () => {
      const file = yaml(
        `links:\n  trace: https://x.example/{traceId}?a=${reference('b')}\nchannel: a${reference('HOME')}\n`,
      );
      expect(readConfig({ CAUSEWAY_CONFIG: file, HOME: '/root' })).toMatchObject({
        channel: `a${reference('HOME')}`,
        links: { trace: `https://x.example/{traceId}?a=${reference('b')}` },
      });
    });

    test.each([
      'Grafana Prod',
      '-a',
      '../b',
    ])('a sender cannot be called %j, since that is part of an address', (name) => {
      expect(failureOf({ CAUSEWAY_CONFIG: yaml(`alerts:\n  "${name}": {}\n`) }).message).toContain('alerts');
    });

    test('names one backend or several, each perhaps for some services or environments', () => {
      expect(readConfig({}).backends).toEqual([{ kind: 'embedded' }]);
      const one = yaml('backend: { kind: jaeger, url: http://j }\n');
      expect(readConfig({ CAUSEWAY_CONFIG: one }).backends).toEqual([{ kind: 'jaeger', url: 'http://j' }]);
      const several = yaml(
        'backends:\n  - { kind: jaeger, url: http://j, services: [cart] }\n  - { kind: tempo, url: http://t, environments: [production] }\n',
      );
      expect(readConfig({ CAUSEWAY_CONFIG: several }).backends).toEqual([
        { kind: 'jaeger', url: 'http://j', services: ['cart'] },
        { kind: 'tempo', url: 'http://t', environments: ['production'] },
      ]);
    });

    test.each([
      ['both lists', 'backend: { kind: embedded }\nbackends: [{ kind: embedded }]\n', /stands beside/],
      ['an empty list', 'backends: []\n', /backends/],
      ['no kind', 'backends: [{ url: http://j }]\n', /backends\.0\.kind/],
      ['a service that is no list', 'backends: [{ kind: jaeger, services: cart }]\n', /backends\.0\.services/],
    ])('%s is told', (_, content, said) => {
      expect(failureOf({ CAUSEWAY_CONFIG: yaml(content) }).message).toMatch(said);
    });

    test('the embedded store among several serves one process only, too', () => {
      const file = yaml('backends: [{ kind: jaeger, url: http://j }, { kind: embedded }]\n');
      const environment = { CAUSEWAY_CONFIG: file, CAUSEWAY_ROLE: 'worker', REDIS_URL: 'redis://r', HOST: '127.0.0.1' };
      expect(failureOf(environment).message).toContain('one process only');
    });

    test('a file that was asked for must be there; the default one need not', () => {
      expect(failureOf({ CAUSEWAY_CONFIG: '/nowhere/causeway.yml' }).message).toContain('there is no file');
    });
  });
});

function failureOf(environment: Record<string, string>): Failure {
  try {
    readConfig(environment);
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
  throw new Error('The configuration was accepted');
}

function yaml(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'causeway-config-')), 'causeway.yml');
  writeFileSync(path, content);
  return path;
}

/** How a file asks for a variable. */
function reference(name: string): string {
  return `$\{${name}}`;
}
