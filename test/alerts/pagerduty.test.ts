import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { signatureHeader } from '../../src/alerts/authenticity.ts';
import { alertSourceContract } from '../contracts/alert-source.ts';
import { at, makeSource } from './make-source.ts';

const secret = 'whsec-of-the-test';
const make = (options: unknown) => makeSource('pagerduty', options);
const signal = new AbortController().signal;
const fixture = (name: string) => readFileSync(join(import.meta.dirname, '..', 'fixtures', 'pagerduty', name));
const prove = (body: Uint8Array, ...secrets: string[]) => ({
  'x-pagerduty-signature': (secrets.length === 0 ? [secret] : secrets)
    .map((each) => signatureHeader(each, body, 'v1'))
    .join(','),
});

alertSourceContract({
  source: make({ secrets: secret }),
  deliver: (body) => ({ headers: { ...prove(body), 'x-webhook-id': 'hook-1' }, body }),
  proof: 'signature',
  stale: 'none: PagerDuty signs no time but the event’s own, and sends again for 48 hours',
  life: { begins: 'incident.triggered.json', ends: 'incident.resolved.json' },
  withLabels(json, count) {
    json.event.data.custom_details = Object.fromEntries(Array.from({ length: count }, (_, at) => [`label-${at}`, 'x']));
    return json;
  },
  fixtures: {
    'incident.triggered.json': [
      {
        source: 'pagerduty',
        id: 'QCAUSEWAY00001',
        delivery: `01HZX3V9QK7M2N4P6R8T0W2Y4A/incident.triggered/QCAUSEWAY00001/${at('2026-03-14T03:12:07.482Z')}`,
        event: 'triggered',
        title: 'checkout: error rate above 5 % (trace 4bf92f3577b34da6a3ce929d0e0e4736)',
        service: 'Checkout API',
        occurredAt: at('2026-03-14T03:12:07.482Z'),
        startedAt: at('2026-03-14T03:12:05Z'),
        severity: 'P1',
        priority: 'P1',
        urgency: 'high',
        team: 'Payments',
        url: 'https://example.pagerduty.com/incidents/QCAUSEWAY00001',
        links: {
          runbook: 'https://wiki.example.com/runbooks/checkout',
          dashboard: 'https://grafana.example.com/d/checkout',
          owner: 'https://example.pagerduty.com/escalation_policies/PESC001',
        },
        labels: {
          firing: '1',
          runbook_url: 'https://wiki.example.com/runbooks/checkout',
          dashboard: 'https://grafana.example.com/d/checkout',
          'exemplar.trace_id': '00f067aa0ba902b7',
          'labels.severity': 'critical',
          'labels.service': 'checkout',
          number: '4711',
          urgency: 'high',
          priority: 'P1',
          incident_type: 'incident_default',
          team: 'Payments',
          escalation_policy: 'Payments on call',
        },
        traceIds: ['4bf92f3577b34da6a3ce929d0e0e4736', '000000000000000000f067aa0ba902b7'],
      },
    ],
    'incident.acknowledged.json': [
      {
        event: 'acknowledged',
        service: 'inventory',
        severity: 'low',
        occurredAt: at('2021-06-04T10:19:00.001Z'),
        startedAt: at('2021-06-04T10:19:00.001Z'),
        traceIds: [],
      },
    ],
    'incident.reopened.json': [
      {
        event: 'reopened',
        title: 'Zahlung: Zeitüberschreitung 💥 支払い',
        startedAt: at('2026-04-01T02:15:01Z'),
        links: {},
        // Neither the incident's key nor the address of a conference is a trace.
        traceIds: [],
      },
    ],
    'incident.resolved.json': [{ id: 'QCAUSEWAY00001', event: 'resolved', startedAt: at('2026-03-14T03:12:05Z') }],
    'incident.merged.json': [{ id: 'QCAUSEWAY00001', event: 'resolved', mergedInto: 'QCAUSEWAY00002' }],
    'incident.escalated.json': [{ id: 'QCAUSEWAY00001', event: 'escalated', team: 'Payments' }],
    'incident.delegated.json': [
      { event: 'escalated', links: { owner: 'https://example.pagerduty.com/escalation_policies/PESC002' } },
    ],
    'incident.unacknowledged.json': [{ event: 'unacknowledged', occurredAt: at('2026-03-14T03:45:00Z') }],
    'incident.reassigned.json': [{ event: 'updated' }],
    'incident.priority_updated.json': [
      { event: 'updated', severity: 'P2', priority: 'P2', urgency: 'low', channel: 'C0INCIDENT1' },
    ],
    'incident.annotated.json': [
      {
        id: 'QCAUSEWAY00001',
        event: 'updated',
        title: 'checkout: error rate above 5 %',
        note: 'Looks like the provider.',
        url: 'https://example.pagerduty.com/incidents/QCAUSEWAY00001',
      },
    ],
    'incident.annotated.resolution.json': [{ event: 'updated', note: 'rolled checkout back to 1.4.2 — 直りました' }],
    'incident.annotated.own.json': { ignored: /our own/ },
    'incident.status_update_published.json': [{ event: 'updated', note: 'A fix is being rolled out.' }],
    'incident.custom_field_values.updated.json': [
      {
        id: 'QCAUSEWAY00001',
        event: 'updated',
        title: 'Incident QCAUSEWAY00001',
        environment: 'production',
        links: { runbook: 'https://wiki.example.com/runbooks/checkout' },
        labels: {
          environment: 'production',
          runbook: 'https://wiki.example.com/runbooks/checkout',
          'regions.0': 'eu',
          'regions.1': 'us',
        },
      },
    ],
    'incident.conference_bridge.updated.json': [{ id: 'QCAUSEWAY00001', event: 'updated', channel: 'C0INCIDENT1' }],
    'incident.workflow.started.json': { ignored: /incident\.workflow\.started is not an event/ },
    'pagey.ping.json': { ignored: /the webhook works/ },
  },
});

describe('the signature of PagerDuty', () => {
  const body = fixture('incident.triggered.json');
  const authenticate = (headers: Record<string, string>, options: unknown = { secrets: [secret] }) =>
    make(options).authenticate({ headers, body }, signal);

  test('is one of a list, in any order and among other schemes', () => {
    authenticate(prove(body, 'old', secret));
    authenticate(prove(body, secret, 'old'));
    authenticate({ 'x-pagerduty-signature': `v2=abc, ${signatureHeader(secret, body, 'v1')} ,v1=` });
  });

  test('fits any of our secrets while they are rotated', () => {
    authenticate(prove(body, 'old'), { secrets: 'new, old' });
    authenticate(prove(body, 'new'), { secrets: ['new', 'old'] });
    expect(() => authenticate(prove(body, 'older'), { secrets: 'new,old' })).toThrow('not signed with a secret');
  });

  test.each([
    ['empty', ''],
    ['not hexadecimal', `v1=${'z'.repeat(64)}`],
    ['too short', `${signatureHeader(secret, body, 'v1').slice(0, -2)}`],
    ['too long', `${signatureHeader(secret, body, 'v1')}00`],
    ['without its scheme', signatureHeader(secret, body, 'v1').slice(3)],
    ['of another scheme', signatureHeader(secret, body, 'v2')],
    ['behind a thousand others', `${'v1=00,'.repeat(1_000)}${signatureHeader(secret, body, 'v1')}`],
  ])('is refused when it is %s', (_what, header) => {
    expect(() => authenticate({ 'x-pagerduty-signature': header })).toThrow('not signed with a secret');
  });

  test('cannot be right without a secret, and the refusal says what to set', () => {
    for (const options of [{}, { secrets: '' }, { secrets: [' ', ''] }]) {
      const act = () => authenticate(prove(body, ''), options);
      expect(act).toThrow(
        expect.objectContaining({ kind: 'unauthorized', hint: expect.stringContaining('PAGERDUTY_WEBHOOK_SECRET') }),
      );
    }
  });

  test('is not asked for where the config says so', () => {
    authenticate({}, { unsigned: true });
  });

  test('options of the wrong type are named', () => {
    expect(() => make({ unsigned: 'yes' })).toThrow(/PagerDuty.*unsigned/);
  });
});

describe('reading PagerDuty', () => {
  const source = make({ unsigned: true });
  const readChanged = (change: (event: { data: Record<string, unknown> } & Record<string, unknown>) => void) => {
    const json = JSON.parse(fixture('incident.triggered.json').toString());
    change(json.event);
    return source.read({ headers: {}, body: Buffer.from(JSON.stringify(json)) });
  };

  test('an event is known by what is signed, whatever id the webhook came under', () => {
    const body = fixture('incident.triggered.json');
    const [one, other] = ['a', 'b'].map((id) => source.read({ headers: { 'x-webhook-id': id }, body }));
    expect(other).toEqual(one);
    const later = readChanged((event) => Object.assign(event, { occurred_at: '2026-03-14T04:00:00Z' }));
    expect(later).not.toMatchObject({ alerts: [{ delivery: one && 'alerts' in one && one.alerts[0]?.delivery }] });
  });

  test('a webhook of version 2 is refused with a hint', () => {
    expect(() => source.read({ headers: {}, body: fixture('legacy-v2.json') })).toThrow(
      expect.objectContaining({ kind: 'bad-input', hint: expect.stringContaining('v3') }),
    );
  });

  test('an event that matters about something that is no incident names the field', () => {
    const act = () => readChanged((event) => Object.assign(event, { data: { type: 'incident_note', id: 'P1' } }));
    expect(act).toThrow('event.data.type');
  });

  test('a refusal repeats nothing of the payload', () => {
    const act = () => readChanged((event) => Object.assign(event.data, { title: { token: 'tops3cret' } }));
    expect(act).toThrow(expect.objectContaining({ message: expect.not.stringContaining('tops3cret') }));
  });

  test('no script becomes a link', () => {
    const reading = readChanged((event) =>
      Object.assign(event.data, {
        html_url: 'javascript:alert(1)',
        escalation_policy: { html_url: 'data:text/html,x' },
        body: { details: { runbook: 'file:///etc/passwd' } },
      }),
    );
    expect(reading).toMatchObject({ alerts: [{ links: {} }] });
    expect('alerts' in reading && reading.alerts[0]?.url).toBeUndefined();
  });

  test('keys of added details cannot reach a prototype', () => {
    const details = JSON.parse('{"__proto__":"x","constructor":"y","toString":{"__proto__":"z"}}');
    const reading = readChanged((event) => Object.assign(event.data, { body: { details } }));
    expect('alerts' in reading && Object.getPrototypeOf(reading.alerts[0]?.labels)).toBe(Object.prototype);
  });

  test('a note in which a person quotes ours is theirs', () => {
    const json = JSON.parse(fixture('incident.annotated.own.json').toString());
    json.event.data.content += '\nThanks, rolled back.';
    expect(source.read({ headers: {}, body: Buffer.from(JSON.stringify(json)) })).toMatchObject({
      alerts: [{ event: 'updated', note: expect.stringContaining('Thanks, rolled back.') }],
    });
  });

  test.each([
    'service.updated',
    'incident.responder.added',
    'incident.not_known_yet',
    'incident.workflow.completed',
  ])('%s is named and changes nothing', (type) => {
    expect(readChanged((event) => Object.assign(event, { event_type: type, data: { type: 'x' } }))).toEqual({
      ignored: `${type} is not an event that Causeway acts on.`,
    });
  });

  test('people are not among the labels', () => {
    expect(JSON.stringify(readChanged(() => {}))).not.toContain('Robin');
  });
});

test.each([
  ['unauthorized', 401],
  ['bad-input', 400],
  ['unsupported', 400],
  ['too-large', 413],
  ['busy', 503],
  ['unreachable', 503],
  ['timed-out', 503],
  ['misconfigured', 503],
  ['internal', 503],
  ['refused', 503],
  ['not-found', 503],
])('after %s PagerDuty is told %i, so that it drops or sends again', (kind, status) => {
  const reply = make({}).refuse({ kind, message: 'What.', hint: 'Do.' });
  expect(reply).toMatchObject({ status, body: { error: kind, message: 'What.', hint: 'Do.' } });
});
