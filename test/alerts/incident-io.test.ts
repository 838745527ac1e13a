import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { alertSourceContract } from '../contracts/alert-source.ts';
import { at, makeSource, NOW_SECONDS } from './make-source.ts';

const key = Buffer.from('a key of the test, made of bytes');
const secret = `whsec_${key.toString('base64')}`;
const source = makeSource('incident-io', { secrets: [secret] });
const body = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'incident-io', 'alert.created.json'));
const signal = new AbortController().signal;

function signatureOf(id: string, seconds: number, of: Uint8Array, under: Uint8Array = key): string {
  return `v1,${createHmac('sha256', under).update(`${id}.${seconds}.`).update(of).digest('base64')}`;
}

function signed(of: Uint8Array, seconds = NOW_SECONDS, prefix = 'webhook') {
  const id = `msg_${createHmac('sha256', 'id').update(of).digest('hex').slice(0, 8)}`;
  const headers: Record<string, string> = {
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: `${seconds}`,
    [`${prefix}-signature`]: signatureOf(id, seconds, of),
  };
  return { headers, body: of };
}

alertSourceContract({
  source,
  deliver: (given) => signed(given),
  proof: 'signature',
  stale: (given) => signed(given, NOW_SECONDS - 301),
  life: { begins: 'alert.created.json', ends: 'alert.resolved.json' },
  withLabels(json, count) {
    json['public_alert.alert_created_v1'].attributes = Array.from({ length: count }, (_, at) => ({
      attribute: { name: `attribute ${at}` },
      value: { label: 'x' },
    }));
    return json;
  },
  fixtures: {
    'alert.created.json': [
      {
        source: 'incident-io',
        id: 'alert 01GW2G3V0S59R238FAHPDS1R68',
        event: 'triggered',
        title: 'Paiement: délai dépassé ⏱',
        service: 'checkout-api',
        severity: 'critical',
        occurredAt: at('2026-03-14T03:12:05Z') + 801_578,
        url: 'https://alerts.example.com/123',
        links: { runbook: 'https://runbooks.example.com/pay' },
        labels: {
          Service: 'checkout-api',
          Team: 'Payments',
          runbook_url: 'https://runbooks.example.com/pay',
          Severity: 'critical',
        },
        traceIds: ['4bf92f3577b34da6a3ce929d0e0e4736'],
      },
    ],
    'alert.resolved.json': [{ event: 'resolved', occurredAt: at('2026-03-14T03:30:00.500Z') }],
    'incident.created.json': [
      {
        id: 'incident 01FDAG4SAP5TYPT98WGR2N7W91',
        event: 'triggered',
        title: 'Checkout is slow',
        service: 'checkout-api',
        severity: 'Minor',
        url: 'https://app.incident.io/incidents/123',
        labels: {
          reference: 'INC-123',
          severity: 'Minor',
          slack_channel_id: 'C02AW36C1M5',
          slack_channel_name: 'inc-123-checkout',
          'Affected service': 'checkout-api',
          Customers: '12.5',
        },
      },
    ],
    'incident.created.test.json': { ignored: /mode test/ },
    'incident.accepted.json': [{ event: 'acknowledged' }],
    'incident.closed.json': [{ event: 'resolved', occurredAt: at('2026-03-14T04:00:00Z') }],
    'incident.reopened.json': [
      { event: 'reopened', occurredAt: at('2026-03-14T05:00:00Z'), startedAt: at('2026-03-14T05:00:00Z') },
    ],
    'incident.paused.json': { ignored: /Paused/ },
    'private.json': { ignored: /private_incident/ },
  },
});

describe('the signature of Svix', () => {
  const refused = expect.objectContaining({ kind: 'unauthorized' });

  test('may stand under either name, among others, and under any of our secrets', () => {
    source.authenticate(signed(body, NOW_SECONDS, 'svix'), signal);
    const given = signed(body);
    const several = `v1a,AAAA ${signatureOf('x', 1, body)} ${given.headers['webhook-signature']}`;
    source.authenticate({ ...given, headers: { ...given.headers, 'webhook-signature': several } }, signal);
    const rotated = makeSource('incident-io', { secrets: ['whsec_b3RoZXI=', secret] });
    rotated.authenticate(given, signal);
  });

  test.each([
    ['id', 'msg_other'],
    ['timestamp', `${NOW_SECONDS + 1}`],
    ['timestamp', undefined],
    ['signature', 'v1,'],
    ['signature', 'v2,AAAA'],
  ])('covers the %s too, so that %s in its place is refused', (what, value) => {
    const given = signed(body);
    const headers = { ...given.headers, [`webhook-${what}`]: value };
    expect(() => source.authenticate({ ...given, headers }, signal)).toThrow(refused);
  });

  test('is known again by its signed id', () => {
    expect(source.read(signed(body))).toMatchObject({ alerts: [{ delivery: signed(body).headers['webhook-id'] }] });
  });
});

test('an update of our own is not news', () => {
  const json = JSON.parse(readFileSync('test/fixtures/incident-io/incident.closed.json', 'utf8'));
  json['public_incident.incident_status_updated_v2'].message = 'Causeway: Cause: auth.  \n[causeway 3f9a2b7c1d20]';
  const reading = makeSource('incident-io', { unsigned: true }).read({
    headers: {},
    body: Buffer.from(JSON.stringify(json)),
  });
  expect(reading).toEqual({ ignored: 'An update of our own.' });
});
