import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  destinationOf,
  matchesPattern,
  type RouteRule,
  type Routing,
  severityOf,
} from '../../src/investigation/routes.ts';
import type { Alert } from '../../src/model/alert.ts';
import { DAYS } from '../../src/model/quiet-hours.ts';
import { LEVELS, levelOf } from '../../src/model/severity.ts';

/** Sunday, 22 November 2026, 23:00 UTC. */
const NIGHT = Date.parse('2026-11-22T23:00:00Z') * 1_000;
const QUIET = { from: 22 * 60, to: 7 * 60, days: DAYS, zone: 'UTC', unless: 'critical' } as const;

const routing = (routes: readonly RouteRule[], rest: Partial<Routing> = {}): Routing => ({
  channel: 'incidents',
  routes,
  services: [],
  incidentChannels: ['inc-*'],
  cardsPerHour: 30,
  ...rest,
});
const alert = (rest: Partial<Alert> = {}): Alert => ({
  source: 'alertmanager',
  id: 'A1',
  delivery: 'D1',
  event: 'triggered',
  title: 'Errors',
  service: 'Checkout API',
  occurredAt: NIGHT,
  startedAt: NIGHT,
  links: {},
  labels: {},
  traceIds: [],
  ...rest,
});
const channelOf = (given: Alert, routes: readonly RouteRule[], rest: Partial<Routing> = {}) =>
  destinationOf(given, routing(routes, rest), NIGHT).channels[0];

describe('routes', () => {
  test('the first that fits decides', () => {
    const routes = [
      { match: { service: ['pay*'] }, channel: 'payments' },
      { match: { service: ['*'] }, channel: 'everything' },
      { match: {}, channel: 'never' },
    ];
    expect(channelOf(alert({ service: 'Payments' }), routes)).toBe('payments');
    expect(channelOf(alert({ service: 'Orders' }), routes)).toBe('everything');
  });

  test.each<[string, RouteRule['match'], Partial<Alert>, boolean]>([
    ['team', { team: ['Payments'] }, { team: 'payments' }, true],
    ['team, from a label', { team: ['payments'] }, { labels: { team: 'payments' } }, true],
    ['team, unsaid', { team: ['*'] }, {}, false],
    ['environment', { environment: ['prod*'] }, { environment: 'production' }, true],
    ['environment, another', { environment: ['prod*'] }, { environment: 'staging' }, false],
    ['severity in the sender’s word', { severity: ['warn*'] }, { severity: 'warning' }, true],
    ['severity as a level', { severity: ['critical'] }, { severity: 'SEV-1' }, true],
    ['severity by priority', { severity: ['critical'] }, { priority: 'P1' }, true],
    ['severity, another', { severity: ['critical'] }, { severity: 'warning' }, false],
    ['labels', { labels: { region: ['eu-*', 'us-*'] } }, { labels: { region: 'eu-west-1' } }, true],
    ['labels, one missing', { labels: { region: ['*'], zone: ['*'] } }, { labels: { region: 'eu' } }, false],
    ['a label that every object has', { labels: { constructor: ['*'] } }, {}, false],
    ['source', { source: ['alertmanager'] }, { source: 'alertmanager' }, true],
    ['all of several', { team: ['a'], environment: ['b'] }, { team: 'a', environment: 'c' }, false],
  ])('fit by %s', (_, match, given, expected) => {
    expect(channelOf(alert(given), [{ match, channel: 'theirs' }])).toBe(expected ? 'theirs' : 'incidents');
  });

  test('entries of services keep their channel, traces and links', () => {
    const services = [
      { alert: 'checkout api', traces: ['gateway'], channel: 'checkout', runbook: 'https://wiki/checkout' },
    ];
    const found = destinationOf(alert(), routing([{ match: {}, runbook: 'https://wiki/any' }], { services }), NIGHT);
    expect(found).toMatchObject({
      channels: ['checkout', 'incidents'],
      traces: ['gateway'],
      runbook: 'https://wiki/checkout',
      unrouted: false,
    });
  });

  test('an alert that no route fits is in the default channel, and said to be', () => {
    const routes = [{ match: { service: ['other'] }, channel: 'other' }];
    expect(destinationOf(alert(), routing(routes), NIGHT)).toMatchObject({ channels: ['incidents'], unrouted: true });
    expect(destinationOf(alert(), routing([]), NIGHT).unrouted).toBe(false);
    expect(destinationOf(alert(), routing([...routes, { match: {} }]), NIGHT).unrouted).toBe(false);
  });
});

describe('the incident’s own channel comes first where', () => {
  test.each<[string, Partial<Alert>, string | undefined]>([
    ['the sender names it', { channel: 'C0AAAAAAA' }, 'C0AAAAAAA'],
    ['the title names it', { title: 'Errors, see #inc-123-checkout.' }, 'inc-123-checkout'],
    ['a detail names it', { labels: { details: 'war room: (#INC-7)' } }, 'inc-7'],
    [
      'a channel’s address is given',
      { labels: { slack_url: 'https://acme.slack.com/archives/C0BBBBBBB/p17' } },
      'C0BBBBBBB',
    ],
    ['a Slack link is given', { labels: { conference_url: 'slack://channel?team=T1&id=C0CCCCCCC' } }, 'C0CCCCCCC'],
    [
      'not an address in any other label',
      { labels: { description: 'https://acme.slack.com/archives/C0BBBBBBB' } },
      undefined,
    ],
    ['not another channel', { title: 'Tell #general and #incidents' }, undefined],
    ['not a fragment', { title: 'https://wiki/page#inc-1' }, undefined],
    ['not another host', { labels: { slack_url: 'https://evil.example/archives/C0BBBBBBB' } }, undefined],
  ])('%s', (_, given, expected) => {
    const { channels } = destinationOf(alert(given), routing([{ match: {}, channel: 'theirs' }]), NIGHT);
    expect(channels).toEqual([...(expected === undefined ? [] : [expected]), 'theirs', 'incidents']);
  });

  test('it is switched off by an empty list', () => {
    expect(channelOf(alert({ channel: 'inc-1' }), [], { incidentChannels: [] })).toBe('incidents');
  });
});

describe('what is told, and when', () => {
  const told = (rule: Partial<RouteRule>, given: Partial<Alert>) =>
    destinationOf(alert(given), routing([{ match: {}, ...rule }]), NIGHT).told;

  test('a muted route is never told', () => {
    expect(told({ mute: true }, { severity: 'critical' })).toEqual({ when: 'never', why: 'muted' });
  });

  test('what is below the floor is never told, and what nobody can place is not below it', () => {
    expect(told({ floor: 'high' }, { severity: 'warning' })).toEqual({ when: 'never', why: 'below-floor' });
    expect(told({ floor: 'high' }, { severity: 'purple' })).toEqual({ when: 'now' });
    expect(told({ floor: 'high' }, { severity: 'error' })).toEqual({ when: 'now' });
  });

  test('in quiet hours all waits but the gravest', () => {
    const morning = Date.parse('2026-11-23T07:00:00Z') * 1_000;
    expect(told({ quiet: [QUIET] }, { severity: 'high' })).toEqual({ when: 'later', until: morning });
    expect(told({ quiet: [QUIET] }, { severity: 'critical' })).toEqual({ when: 'now' });
    expect(told({ quiet: [{ ...QUIET, unless: 'high' }] }, { severity: 'high' })).toEqual({ when: 'now' });
  });
});

describe('severities', () => {
  test.each([
    ['P1', 'critical'],
    ['sev-2', 'high'],
    ['SEV 3', 'medium'],
    ['Warning', 'medium'],
    [' page ', 'critical'],
    ['purple', undefined],
    ['constructor', undefined],
  ])('%s is %s', (word, level) => {
    expect(levelOf(word)).toBe(level);
  });

  test('the alert’s own word counts before its priority and its urgency', () => {
    expect(severityOf(alert({ severity: 'info', priority: 'P1', urgency: 'high' }))).toBe('info');
    expect(severityOf(alert({ severity: 'blue', urgency: 'low' }))).toBe('low');
    expect(severityOf(alert())).toBe('high');
  });
});

describe('as properties', () => {
  const text = fc.string({ maxLength: 8 });
  const pattern = fc.array(fc.constantFrom('a', 'b', 'A', '*', '.', '?'), { maxLength: 8 }).map((all) => all.join(''));
  const subject = fc.array(fc.constantFrom('a', 'b', 'B', '.', '?'), { maxLength: 12 }).map((all) => all.join(''));

  test('a pattern means what the same regular expression means', () => {
    fc.assert(
      fc.property(pattern, subject, (wanted, given) => {
        const escaped = wanted.replace(/[.?]/g, '\\$&').replaceAll('*', '[^]*');
        expect(matchesPattern(wanted, given)).toBe(new RegExp(`^${escaped}$`, 'i').test(given));
      }),
    );
  });

  test('a text fits itself, and a star in place of any part of it', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), (given, a, b) => {
        const [from = 0, to = 0] = [a % (given.length + 1), b % (given.length + 1)].toSorted((x, y) => x - y);
        expect(matchesPattern(given.replaceAll('*', '.'), given.replaceAll('*', '.'))).toBe(true);
        expect(matchesPattern(`${given.slice(0, from)}*${given.slice(to)}`, given)).toBe(true);
      }),
    );
  });

  test('a hostile pattern of stars is decided at once', () => {
    expect(matchesPattern(`${'a*'.repeat(100)}b`, 'a'.repeat(5_000))).toBe(false);
  });

  const rule = fc.record<RouteRule>(
    {
      match: fc.record(
        { service: fc.array(text, { minLength: 1, maxLength: 3 }), team: fc.array(text) },
        { requiredKeys: [] },
      ),
      channel: fc.constantFrom('a', 'b', 'c'),
      mute: fc.boolean(),
      floor: fc.constantFrom(...LEVELS),
      quiet: fc.constant([QUIET]),
    },
    { requiredKeys: ['match'] },
  );
  const anyAlert = fc
    .record({ service: text, team: text, severity: fc.constantFrom(...LEVELS, 'odd'), title: text })
    .map((rest) => alert(rest));

  test('there is always somewhere to go, without a place named twice, and the same alert goes the same way', () => {
    fc.assert(
      fc.property(anyAlert, fc.array(rule, { maxLength: 4 }), (given, routes) => {
        const found = destinationOf(given, routing(routes), NIGHT);
        expect(found.channels.length).toBeGreaterThan(0);
        expect(found.channels.at(-1)).toBe('incidents');
        expect(new Set(found.channels).size).toBe(found.channels.length);
        expect(destinationOf(given, routing(routes), NIGHT)).toEqual(found);
        if (found.told.when === 'later') expect(found.told.until).toBeGreaterThan(NIGHT);
      }),
    );
  });

  test('routes behind the one that fits change nothing', () => {
    fc.assert(
      fc.property(
        anyAlert,
        fc.array(rule, { maxLength: 3 }),
        fc.array(rule, { maxLength: 3 }),
        (given, routes, more) => {
          const caught = [...routes, { match: {}, channel: 'caught' }];
          expect(destinationOf(given, routing([...caught, ...more]), NIGHT)).toEqual(
            destinationOf(given, routing(caught), NIGHT),
          );
        },
      ),
    );
  });

  test('the graver of two alerts is never told later than the other', () => {
    const order = { now: 0, later: 1, never: 2 };
    fc.assert(
      fc.property(rule, fc.nat(4), fc.nat(4), (each, a, b) => {
        const [graver, milder] = [LEVELS[Math.min(a, b)], LEVELS[Math.max(a, b)]].map(
          (severity) =>
            destinationOf(alert({ severity: severity ?? 'info' }), routing([{ ...each, match: {} }]), NIGHT).told.when,
        );
        expect(order[graver ?? 'now']).toBeLessThanOrEqual(order[milder ?? 'now']);
      }),
    );
  });
});
