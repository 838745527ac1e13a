import type { Alert } from '../../src/model/alert.ts';
import type { Evidence } from '../../src/model/finding.ts';
import type { Answered, Investigation } from '../../src/model/investigation.ts';
import type { SpanRecord } from '../../src/model/span.ts';

const T0 = 1_790_000_000_000_000;

export function anAlert(id: string, more: Partial<Alert> = {}): Alert {
  return {
    source: 'pagerduty',
    id,
    delivery: `d-${id}`,
    event: 'triggered',
    title: 'checkout: Fehlerrate «hoch» 🙂',
    service: 'checkout',
    occurredAt: T0,
    startedAt: T0 - 60_000_000,
    severity: 'P1',
    url: 'https://example.pagerduty.com/incidents/Q1',
    links: { runbook: 'https://wiki.example.com/r' },
    labels: { team: 'payments', constructor: 'x' },
    traceIds: ['4bf92f3577b34da6a3ce929d0e0e4736'],
    ...more,
  };
}

export function opened(id: string, more: Partial<Investigation> = {}): Investigation {
  return {
    id,
    status: 'opened',
    trigger: { kind: 'alert', alert: anAlert(`alert-${id}`) },
    channel: 'incidents',
    openedAt: T0,
    repeats: 0,
    ...more,
  } as Investigation;
}

const evidence: Evidence = {
  claim: 'handshake-retried',
  values: {
    wait: { unit: 'us', value: 1_200_000 },
    peer: { unit: 'name', value: 'paygw' },
    user: { unit: 'personal', value: 'u-17' },
  },
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanIds: ['00f067aa0ba902b7'],
  counts: { with: 31, of: 40, baselineWith: 0, baselineOf: 200 },
  statistic: { name: 'mann-whitney auc', value: 0.98 },
};

/** An investigation with every member there is. */
export function answered(id: string): Answered {
  return {
    id,
    status: 'answered',
    trigger: {
      kind: 'mention',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      by: 'U1',
      channel: 'C1',
      threadTs: '1.1',
      request: 'r',
    },
    channel: 'C1',
    openedAt: T0 + 5,
    thread: { channel: 'C1', ts: '1790000000.000100' },
    resolvedAt: T0 + 9,
    acknowledgedAt: T0 + 8,
    escalatedAt: T0 + 8,
    heldUntil: T0 + 90,
    pressingAt: T0 + 8,
    digested: true,
    repeats: 2,
    firedAt: T0 + 6,
    fires: [T0, T0 + 6],
    flapping: { times: 4, during: 60_000_000 },
    counted: ['d-1', 'd-2'],
    before: { mechanism: 'timeout', component: { kind: 'service', service: 'auth' }, qualifier: 'service.version' },
    episodes: [{ from: T0 - 99, to: T0 - 50, resolvedAt: T0 - 40 }],
    follows: 'another',
    seenBefore: { times: 2, at: T0 - 9, link: 'https://example.slack.com/archives/C1/p1', fixedBy: 'a restart' },
    fixedBy: 'a rollback',
    answeredAt: T0 + 7,
    gathering: {
      backend: 'Jaeger at http://127.0.0.1:16686',
      scope: {
        services: ['checkout'],
        operation: 'POST /checkout',
        route: '/checkout',
        environment: 'production',
        from: T0 - 9,
        to: T0,
        traceIds: [],
      },
      suspects: 40,
      baseline: 200,
      spans: 9_000,
      notes: ['no baseline within the hour before: used the day'],
      unfinished: [{ traceId: 'a'.repeat(32), spans: 12 }],
    },
    amended: { at: T0 + 30, spans: 14, traces: 6 },
    analysis: {
      verdict: {
        kind: 'cause',
        confidence: 'high',
        hypotheses: [
          {
            id: 'H1',
            component: { kind: 'edge', from: 'payment', to: 'paygw' },
            mechanism: 'tls-handshake-retry',
            role: 'cause',
            score: 0.9,
            evidence: [evidence, evidence],
            qualifier: { key: 'service.version', value: '2' },
          },
        ],
        missing: [{ claim: 'no-client-spans', values: {} }],
        model: 'rca-1',
      },
      findings: [
        {
          detector: 'D05 tls-handshake',
          mechanism: 'tls-handshake-retry',
          component: { kind: 'attribute', key: 'service.version', value: '2', services: ['payment'] },
          role: 'amplifier',
          strength: 0.7,
          specificity: 1,
          support: 31,
          evidence: [evidence],
        },
      ],
      impact: { entry: 'POST /checkout', affected: 31, examined: 40, since: T0, lastSeen: T0 + 1, users: 12 },
      exemplar: { suspect: '4bf92f3577b34da6a3ce929d0e0e4736', healthy: '00000000000000000000000000000001' },
      culpritSpans: ['00f067aa0ba902b7'],
      lineage: {
        actor: { key: 'user.id', value: 'u-17' },
        origins: [{ address: '10.0.0.1', entry: 'GET /export', traceId: 'a', spanId: 'b', count: 3 }],
        hops: [{ from: 'gateway', to: 'order', operation: 'GET /orders', count: 3, traceId: 'a', spanId: 'b' }],
        data: [
          {
            service: 'order',
            store: 'pg',
            target: 'orders',
            effect: 'read',
            operations: 3,
            rows: 900,
            traceId: 'a',
            spanId: 'b',
          },
        ],
        requests: 3,
        traceIds: ['a'],
        silent: ['paygw'],
      },
      counts: { suspects: 40, baseline: 200, spans: 9_000 },
    },
    rechecks: [{ at: T0 + 8, affected: 1, examined: 20 }],
  };
}

export function span(index: number, more: Partial<SpanRecord> = {}): SpanRecord {
  return {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: index.toString(16).padStart(16, '0'),
    parentSpanId: '00f067aa0ba902b7',
    service: 'größe «1»',
    name: 'GET /cart/{id}\nnext',
    kind: 'client',
    start: T0 + index,
    end: T0 + index + 10,
    status: 'error',
    statusMessage: 'deadline exceeded',
    attributes: { 'http.response.status_code': 503, cached: false, tags: ['a', 'b'], ratio: 0.25, 'user.id': '\u2028' },
    resource: { 'service.name': 'größe «1»' },
    events: [{ name: 'exception', time: T0, attributes: { 'exception.type': 'E' } }],
    links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), attributes: {} }],
    scope: '@opentelemetry/instrumentation-net',
    ...more,
  };
}
