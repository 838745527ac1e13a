import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { alertSourceContract } from '../contracts/alert-source.ts';
import { at, heldClock, hmacHex, makeSource, NOW, NOW_SECONDS } from './make-source.ts';

const secret = 'hmac-secret-of-the-test';
const timed = { secrets: [secret], timestampHeader: 'X-Grafana-Alerting-Timestamp' };
const body = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'grafana', 'firing.json'));
const signal = new AbortController().signal;
const signedAt = (seconds: number, of: Uint8Array = body) => ({
  headers: {
    'x-grafana-alerting-signature': hmacHex(secret, `${seconds}:`, of),
    'x-grafana-alerting-timestamp': `${seconds}`,
  },
  body: of,
});

alertSourceContract({
  source: makeSource('grafana', timed),
  deliver: (given) => signedAt(NOW_SECONDS, given),
  proof: 'signature',
  stale: (given) => signedAt(NOW_SECONDS - 301, given),
  life: { begins: 'firing.json', ends: 'resolved.json' },
  withLabels(json, count) {
    for (let at = 0; at < count; at++) json.commonLabels[`label_${at}`] = 'x';
    return json;
  },
  fixtures: {
    'firing.json': [
      {
        source: 'grafana',
        event: 'triggered',
        title: 'Zahlung: Fehlerquote 💥: 5 % der Zahlungen schlagen fehl',
        service: 'checkout',
        occurredAt: at('2026-03-14T03:12:00Z') + 157_076,
        url: 'https://grafana.example.com/alerting/grafana/a1b2c3/view?orgId=1',
        links: {
          runbook: 'https://runbooks.example.com/pay',
          dashboard: 'https://grafana.example.com/d/checkout?orgId=1&viewPanel=2',
        },
      },
    ],
    'resolved.json': [{ event: 'resolved', occurredAt: at('2026-03-14T03:18:30.500Z') }],
    'mixed-ungrouped.json': [
      { event: 'triggered', title: 'High memory' },
      { event: 'resolved', title: 'High CPU', occurredAt: at('2026-03-14T03:15:00Z') },
    ],
    'legacy.json': [
      {
        id: 'rule 1/7',
        event: 'triggered',
        title: 'Checkout errors',
        service: 'checkout',
        occurredAt: NOW,
        traceIds: ['4bf92f3577b34da6a3ce929d0e0e4736'],
      },
    ],
    'legacy-paused.json': { ignored: /paused/ },
  },
});

describe('the signature of Grafana', () => {
  const refused = expect.objectContaining({ kind: 'unauthorized' });

  test('covers the body alone where no timestamp is sent', () => {
    const source = makeSource('grafana', { secrets: [secret] });
    const headers = { 'x-grafana-alerting-signature': hmacHex(secret, body) };
    source.authenticate({ headers, body }, signal);
    const other = { 'x-grafana-alerting-signature': hmacHex('another', body) };
    expect(() => source.authenticate({ headers: other, body }, signal)).toThrow(refused);
  });

  test('without its time is none where a time is asked for, however right it is', () => {
    const headers = { 'x-grafana-alerting-signature': hmacHex(secret, body) };
    expect(() => makeSource('grafana', timed).authenticate({ headers, body }, signal)).toThrow(refused);
  });

  test('of a time cannot be moved to another time', () => {
    const moved = { ...signedAt(NOW_SECONDS - 4_000).headers, 'x-grafana-alerting-timestamp': `${NOW_SECONDS}` };
    expect(() => makeSource('grafana', timed).authenticate({ headers: moved, body }, signal)).toThrow(refused);
  });

  test.each([
    [-300, true],
    [300, true],
    [-301, false],
    [301, false],
  ])('%i seconds away is fresh: %s', (offset, fresh) => {
    const act = () => makeSource('grafana', timed).authenticate(signedAt(NOW_SECONDS + offset), signal);
    if (fresh) expect(act).not.toThrow();
    else expect(act).toThrow(refused);
  });

  test('may be in other headers and in a window of another length', () => {
    const names = { secrets: 'old, new', signatureHeader: 'X-Sig', timestampHeader: 'X-Time', windowSeconds: 10 };
    const source = makeSource('grafana', names);
    const headers = { 'x-sig': hmacHex('new', `${NOW_SECONDS}:`, body), 'x-time': `${NOW_SECONDS}` };
    expect(() => source.authenticate({ headers, body }, signal)).not.toThrow();
    const late = { 'x-sig': hmacHex('new', `${NOW_SECONDS - 11}:`, body), 'x-time': `${NOW_SECONDS - 11}` };
    expect(() => source.authenticate({ headers: late, body }, signal)).toThrow(refused);
  });

  test('may be a token instead', () => {
    const source = makeSource('grafana', { tokens: ['t0ken'] });
    expect(() => source.authenticate({ headers: { authorization: 'Bearer t0ken' }, body }, signal)).not.toThrow();
  });
});

test('a rule of the old alerting that says no time is news again an hour later', () => {
  const clock = heldClock();
  const source = makeSource('grafana', { unsigned: true }, { clock });
  const legacy = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'grafana', 'legacy.json'));
  const delivery = () => {
    const reading = source.read({ headers: {}, body: legacy });
    return 'alerts' in reading ? reading.alerts[0]?.delivery : undefined;
  };
  const first = delivery();
  clock.at += 1_000_000;
  expect(delivery()).toBe(first);
  clock.at += 3_600_000_000;
  expect(delivery()).not.toBe(first);
});
