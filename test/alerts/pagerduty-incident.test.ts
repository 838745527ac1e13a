import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { type StrictPagerDuty, strictPagerDuty } from '../notes/strict-pagerduty.ts';
import { ARRIVES } from '../notes/strict-server.ts';
import { at, makeSource } from './make-source.ts';

const signal = new AbortController().signal;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

const incident = {
  urgency: 'low',
  priority: { id: 'P1', type: 'priority_reference', summary: 'P2' },
  teams: [{ id: 'T1', type: 'team_reference', summary: 'Payments' }],
  escalation_policy: { id: 'E1', summary: 'On call', html_url: 'https://example.pagerduty.com/escalation_policies/E1' },
  conference_bridge: { conference_number: '+1', conference_url: 'https://acme.slack.com/archives/C0INCIDENT1' },
  alert_counts: { all: 312, triggered: 300, resolved: 12 },
  custom_fields: [{ id: 'F1', name: 'environment', value: 'production' }],
  resolve_reason: null,
  assignments: [{ assignee: { id: 'U1', summary: 'Robin Beispiel' } }],
};
const alerts = [
  {
    id: 'A1',
    summary: 'checkout: 5xx',
    created_at: '2026-03-14T03:11:00Z',
    status: 'triggered',
    severity: 'warning',
    body: {
      type: 'alert_body',
      details: { service: 'checkout', dashboard: 'https://grafana.example.com/d/1', labels: { shard: 7 } },
      contexts: [
        { type: 'link', href: 'https://wiki.example.com/run', text: 'Runbook of checkout' },
        { type: 'link', href: `https://jaeger.example.com/trace/${TRACE}`, text: 'Trace' },
        { type: 'image', src: 'https://grafana.example.com/1.png' },
      ],
    },
  },
  { id: 'A2', summary: null, status: 'triggered', severity: 'critical', body: { details: 'Zahlung hängt 💥' } },
  { id: 'A3', status: 'triggered', severity: 'info', body: { cef_details: { details: { team: 'shadow' } } } },
  { id: 'A4', status: 'triggered', body: null },
];

let rest: StrictPagerDuty;
beforeEach(async () => {
  rest = await strictPagerDuty({ token: 't0ken', users: [], incidents: { QONE: { incident, alerts }, QBARE: {} } });
});
afterEach(() => rest.close());

const enriched = async (id = 'QONE', changes: Partial<Alert> = {}, options: object = {}) => {
  const source = makeSource('pagerduty', { unsigned: true, apiToken: 't0ken', apiUrl: rest.url, ...options });
  return source.enrich?.({ ...webhook, id, ...changes }, signal);
};

describe('an incident asked for by REST', () => {
  test('gives the alert its details, links, traces, severity and facts', async () => {
    expect(await enriched()).toEqual({
      alert: {
        ...webhook,
        id: 'QONE',
        severity: 'critical',
        startedAt: at('2026-03-14T03:11:00Z'),
        priority: 'P2',
        urgency: 'low',
        team: 'Payments',
        environment: 'production',
        channel: 'C0INCIDENT1',
        links: {
          runbook: 'https://wiki.example.com/run',
          dashboard: 'https://grafana.example.com/d/1',
          owner: 'https://example.pagerduty.com/escalation_policies/E1',
        },
        labels: {
          number: '7',
          service: 'checkout',
          alerts: '312',
          dashboard: 'https://grafana.example.com/d/1',
          'labels.shard': '7',
          details: 'Zahlung hängt 💥',
          team: 'shadow',
          environment: 'production',
        },
        traceIds: ['a'.repeat(32), TRACE],
      },
    });
    expect(rest.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /incidents/QONE',
      'GET /incidents/QONE/alerts',
    ]);
  });

  test('names nobody', async () => {
    expect(JSON.stringify(await enriched())).not.toContain('Robin');
  });

  test('with nothing in it leaves the alert as the webhook had it', async () => {
    expect(await enriched('QBARE')).toEqual({ alert: { ...webhook, id: 'QBARE' } });
  });

  test('that was merged says into which', async () => {
    await rest.close();
    const merged = { resolve_reason: { type: 'merge_resolve_reason', incident: { id: 'QTARGET' } } };
    rest = await strictPagerDuty({ token: 't0ken', users: [], incidents: { QONE: { incident: merged } } });
    expect(await enriched()).toMatchObject({ alert: { mergedInto: 'QTARGET' } });
  });

  test('that was reopened began when it was reopened, whatever its first alerts say', async () => {
    expect(await enriched('QONE', { event: 'reopened' })).toMatchObject({ alert: { startedAt: webhook.startedAt } });
  });
});

describe('a PagerDuty that does not help costs a caveat and no more', () => {
  test.each([
    ['an unknown incident', 'QNONE', {}, /The alerts of the incident were not read: PagerDuty does not know it/],
    ['a wrong token', 'QONE', { apiToken: 'wrong' }, /did not let us in \(401\): Authentication failed/],
    ['nobody there', 'QONE', { apiUrl: 'http://127.0.0.1:9' }, /cannot be reached \(ECONNREFUSED\)/],
  ])('%s', async (_what, id, options, caveat) => {
    const told = await enriched(id, {}, options);
    expect(told?.caveat).toMatch(caveat);
    expect(told?.caveat).not.toMatch(/\.$|t0ken|wrong/);
    expect(told?.alert).toMatchObject({ title: webhook.title, traceIds: webhook.traceIds });
  });

  test('alerts without their incident are better than nothing, and told to be', async () => {
    rest.decide(({ path }) => (path.endsWith('/alerts') ? ARRIVES : { kind: 'refused', status: 500 }));
    const told = await enriched();
    expect(told).toMatchObject({
      alert: { severity: 'critical' },
      caveat: expect.stringMatching(/Not all of the incident was read/),
    });
  });

  test('asked for a second of patience it waits; asked for a minute it goes on without', async () => {
    let times = 0;
    rest.decide(({ path }) => {
      times += 1;
      if (times > 1 && !path.endsWith('/alerts')) return ARRIVES;
      const reset = path.endsWith('/alerts') ? '60' : '1';
      return { kind: 'refused', status: 429, headers: { 'ratelimit-reset': reset, 'ratelimit-remaining': '0' } };
    });
    const told = await enriched();
    expect(told?.alert.priority).toBe('P2');
    expect(told?.caveat).toContain('too many requests');
    expect(times).toBe(3);
  });

  test('an answer without end is cut off', async () => {
    await rest.close();
    const body = { details: 'x'.repeat(3 * 1024 * 1024) };
    rest = await strictPagerDuty({ token: 't0ken', users: [], incidents: { QONE: { incident, alerts: [{ body }] } } });
    expect((await enriched())?.caveat).toContain('answered more than is read');
  });

  test('a job that is stopped stops the asking', async () => {
    rest.decide(() => ({ kind: 'never answered' }));
    const stop = new AbortController();
    const source = makeSource('pagerduty', { unsigned: true, apiToken: 't0ken', apiUrl: rest.url });
    const asked = source.enrich?.(webhook, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(asked).rejects.toThrow('stopped');
  });

  test('without a token nobody is asked', () => {
    expect(makeSource('pagerduty', { unsigned: true }).enrich).toBeUndefined();
  });
});

const webhook: Alert = {
  source: 'pagerduty',
  id: 'QONE',
  delivery: 'd',
  event: 'triggered',
  title: 'checkout: error rate',
  service: 'Checkout API',
  occurredAt: at('2026-03-14T03:12:07Z'),
  startedAt: at('2026-03-14T03:12:05Z'),
  severity: 'high',
  links: {},
  labels: { number: '7' },
  traceIds: ['a'.repeat(32)],
};
