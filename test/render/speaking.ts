import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Evidence, Finding } from '../../src/model/finding.ts';
import type { Answered } from '../../src/model/investigation.ts';
import type { Analysis, Hypothesis } from '../../src/model/verdict.ts';
import type { SpeakerOptions } from '../../src/render/speaker.ts';
import { loadTemplates, type Templates } from '../../src/render/templates.ts';
import { createWords, type Words } from '../../src/render/words.ts';

/** The bot's own sentences with claims that belong to these tests, so that they do not move with the detectors. */
export function templateFolder(files: Readonly<Record<string, string>> = {}): { url: URL; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-templates-'));
  cpSync(new URL('../../templates/messages/', import.meta.url), folder, { recursive: true });
  const own = { 'claims.yml': CLAIMS, 'gaps.yml': GAPS, ...files };
  for (const [name, text] of Object.entries(own)) writeFileSync(join(folder, name), text);
  return { url: pathToFileURL(`${folder}/`), remove: () => rmSync(folder, { recursive: true }) };
}

const CLAIMS = `
gave-up: "{caller} gave up after {limit}; {callee} needed {needed}"
own-time: "{service} itself takes {now} instead of {before}."
multiplied: "One request became {calls} calls, {factor} the load."
wrote-early: "{service} wrote {gap} before {other} had answered"
tenant: "all of it is {tenant}"
`;
const GAPS = `
too-few: "only {traces} bad {traces|trace|traces} found"
no-baseline: "no healthy traces to compare with"
`;

export function loadTestTemplates(): Templates {
  const folder = templateFolder();
  try {
    return loadTemplates(folder.url);
  } finally {
    folder.remove();
  }
}

export function testWords(options: Partial<SpeakerOptions> = {}): Words {
  return createWords({
    templates: loadTestTemplates(),
    linkTo: (traceId, spanId) =>
      `http://jaeger.test/trace/${traceId}${spanId === undefined ? '' : `?uiFind=${spanId}`}`,
    personal: (value) => `#${value.length}f`,
    ...options,
  });
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const HEALTHY = '0af7651916cd43dd8448eb211c80319c';

/** 03:09:00 UTC on 22 November 2026. */
export const SINCE = 1_795_316_940_000_000;

export function evidence(claim: string, values: Evidence['values'], counts?: Evidence['counts']): Evidence {
  return { claim, values, traceId: TRACE, spanIds: ['00f067aa0ba902b7'], ...(counts && { counts }) };
}

const GAVE_UP = evidence(
  'gave-up',
  {
    caller: { unit: 'name', value: 'gateway' },
    callee: { unit: 'name', value: 'auth' },
    limit: { unit: 'us', value: 1_000_000 },
    needed: { unit: 'us', value: 2_890_000 },
  },
  { with: 31, of: 40, baselineWith: 0, baselineOf: 60 },
);
const OWN_TIME = evidence(
  'own-time',
  {
    service: { unit: 'name', value: 'auth' },
    now: { unit: 'us', value: 2_890_000 },
    before: { unit: 'us', value: 12_400 },
  },
  { with: 31, of: 40 },
);
const MULTIPLIED = evidence('multiplied', {
  calls: { unit: 'count', value: 9 },
  factor: { unit: 'factor', value: 9 },
});

const TIMEOUT: Hypothesis = {
  id: 'H1',
  component: { kind: 'service', service: 'auth' },
  mechanism: 'timeout',
  role: 'cause',
  score: 0.9,
  evidence: [GAVE_UP, OWN_TIME],
};
const AMPLIFIER: Hypothesis = {
  id: 'H2',
  component: { kind: 'edge', from: 'gateway', to: 'auth' },
  mechanism: 'retry-amplification',
  role: 'amplifier',
  score: 0.4,
  evidence: [MULTIPLIED],
};

export function finding(of: Hypothesis, more: Partial<Finding> = {}): Finding {
  return {
    detector: 'D11 timeout',
    mechanism: of.mechanism,
    component: of.component,
    role: of.role,
    strength: 0.9,
    specificity: 1,
    support: 31,
    evidence: of.evidence,
    ...more,
  };
}

export const CASCADE: Analysis = {
  verdict: { kind: 'cause', confidence: 'high', hypotheses: [TIMEOUT, AMPLIFIER], missing: [], model: 'rca-1' },
  findings: [finding(AMPLIFIER, { detector: 'D13 retry-amplification' }), finding(TIMEOUT)],
  impact: {
    entry: 'POST /checkout',
    affected: 31,
    examined: 40,
    since: SINCE,
    lastSeen: SINCE + 180_000_000,
    users: 27,
  },
  exemplar: { suspect: TRACE, healthy: HEALTHY },
  culpritSpans: ['00f067aa0ba902b7'],
  counts: { suspects: 40, baseline: 60, spans: 3_201 },
};

export const CANNOT_TELL: Analysis = {
  ...CASCADE,
  verdict: {
    kind: 'cannot-tell',
    confidence: 'low',
    hypotheses: [TIMEOUT],
    missing: [
      { claim: 'too-few', values: { traces: { unit: 'count', value: 1 } } },
      { claim: 'no-baseline', values: {} },
    ],
    model: 'rca-1',
  },
  impact: { affected: 1, examined: 1 },
};

const AUDIT: Analysis = {
  verdict: { kind: 'cannot-tell', confidence: 'low', hypotheses: [], missing: [], model: 'rca-1' },
  findings: [],
  impact: { affected: 0, examined: 12 },
  exemplar: { suspect: TRACE },
  culpritSpans: [],
  lineage: {
    actor: { key: 'user.id', value: 'u-1879' },
    origins: [{ address: '203.0.113.7', entry: 'GET /export', traceId: TRACE, spanId: '00f067aa0ba902b7', count: 12 }],
    hops: [
      {
        from: 'gateway',
        to: 'orders',
        operation: 'GET /orders',
        count: 12,
        traceId: TRACE,
        spanId: '00f067aa0ba902b8',
      },
      { from: 'orders', to: 'stock', operation: 'GET /stock', count: 24, traceId: TRACE, spanId: '00f067aa0ba902b9' },
      { from: 'orders', to: 'mail', operation: 'POST /mail', count: 1, traceId: TRACE, spanId: '00f067aa0ba902ba' },
    ],
    data: [
      {
        service: 'orders',
        store: 'postgresql',
        target: 'orders',
        effect: 'read',
        operations: 12,
        rows: 48_000,
        usualRows: 20,
        traceId: TRACE,
        spanId: '00f067aa0ba902bb',
      },
      {
        service: 'mail',
        store: 'smtp',
        target: 'outbox',
        effect: 'export',
        operations: 1,
        traceId: TRACE,
        spanId: '00f067aa0ba902bc',
      },
    ],
    requests: 12,
    traceIds: [TRACE],
    silent: ['ledger'],
  },
  counts: { suspects: 12, baseline: 60, spans: 800 },
};

export function answered(analysis: Analysis, more: Partial<Answered> = {}): Answered {
  return {
    id: 'inv-1',
    trigger: {
      kind: 'alert',
      alert: {
        source: 'pagerduty',
        id: 'Q1',
        delivery: 'd1',
        event: 'triggered',
        title: 'checkout: error rate',
        service: 'checkout',
        occurredAt: SINCE + 120_000_000,
        startedAt: SINCE + 120_000_000,
        links: {},
        labels: {},
        traceIds: [],
      },
    },
    channel: 'incidents',
    openedAt: SINCE + 121_000_000,
    thread: { channel: 'C1', ts: '1.1' },
    repeats: 0,
    status: 'answered',
    answeredAt: SINCE + 124_000_000,
    gathering: {
      backend: 'Jaeger at http://127.0.0.1:16686',
      scope: { services: ['gateway'], from: SINCE, to: SINCE + 120_000_000, traceIds: [] },
      suspects: analysis.counts.suspects,
      baseline: analysis.counts.baseline,
      spans: analysis.counts.spans,
      notes: [],
    },
    analysis,
    rechecks: [],
    ...more,
  };
}

export { AUDIT, HEALTHY, TRACE };
