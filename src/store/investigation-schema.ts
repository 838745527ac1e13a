import { z } from 'zod';
import { ALERT_EVENTS, type Alert } from '../model/alert.ts';
import { CHANGE_KINDS, type NotedChange } from '../model/change.ts';
import { type Component, type Evidence, type Finding, MECHANISMS, type Quantity } from '../model/finding.ts';
import type { Gathering, Investigation, Trigger } from '../model/investigation.ts';
import type { Analysis, Hypothesis, Lineage, Verdict } from '../model/verdict.ts';

/*
 * The model's shapes as they must come back from a store. Objects are loose: members that this version does not know stay,
 * so that a document passes unharmed through an older process of the same deployment.
 */

const text = z.string();
/** JSON writes NaN and the infinities as null; one odd number must not make a whole investigation unreadable. */
const measure = z.union([z.number(), z.null().transform(() => Number.NaN)]);
const count = measure;
const micros = z.number();
const role = z.enum(['cause', 'amplifier', 'effect', 'context']);
const mechanism = z.enum(MECHANISMS);
const thread = z.looseObject({ channel: text, ts: text });

const quantity: z.ZodType<Quantity> = z.union([
  z.looseObject({ unit: z.enum(['us', 'count', 'ratio', 'factor', 'bytes', 'time']), value: measure }),
  z.looseObject({ unit: z.enum(['name', 'personal']), value: text }),
]);
const values = z.record(text, quantity);

const component: z.ZodType<Component> = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('service'), service: text }),
  z.looseObject({ kind: z.literal('operation'), service: text, operation: text }),
  z.looseObject({ kind: z.literal('edge'), from: text, to: text, operation: text.optional() }),
  z.looseObject({ kind: z.literal('attribute'), key: text, value: text, services: z.array(text) }),
]);

const evidence: z.ZodType<Evidence> = z.looseObject({
  claim: text,
  values,
  traceId: text,
  spanIds: z.array(text),
  counts: z
    .looseObject({ with: count, of: count, baselineWith: count.optional(), baselineOf: count.optional() })
    .optional(),
  statistic: z.looseObject({ name: text, value: measure }).optional(),
});
const someEvidence = z.tuple([evidence], evidence);

const finding: z.ZodType<Finding> = z.looseObject({
  detector: text,
  mechanism,
  component,
  role,
  strength: measure,
  specificity: measure,
  support: count,
  evidence: someEvidence,
});

const hypothesis: z.ZodType<Hypothesis> = z.looseObject({
  id: text,
  component,
  mechanism,
  role,
  score: measure,
  evidence: someEvidence,
  qualifier: z.looseObject({ key: text, value: text }).optional(),
});

const statements = z.array(z.looseObject({ claim: text, values }));

const verdict: z.ZodType<Verdict> = z.looseObject({
  kind: z.enum(['cause', 'suspect', 'cannot-tell']),
  confidence: z.enum(['high', 'medium', 'low']),
  hypotheses: z.array(hypothesis),
  missing: statements,
  factors: statements.optional(),
  model: text,
});

const where = { traceId: text, spanId: text };
const lineage: z.ZodType<Lineage> = z.looseObject({
  actor: z.looseObject({ key: text, value: text }),
  origins: z.array(
    z.looseObject({ address: text.optional(), userAgent: text.optional(), entry: text, count, ...where }),
  ),
  hops: z.array(z.looseObject({ from: text, to: text, operation: text, count, ...where })),
  data: z.array(
    z.looseObject({
      service: text,
      store: text,
      target: text,
      effect: z.enum(['read', 'write', 'delete', 'export', 'unknown']),
      operations: count,
      rows: count.optional(),
      usualRows: count.optional(),
      ...where,
    }),
  ),
  requests: count,
  traceIds: z.array(text),
  silent: z.array(text),
});

const analysis: z.ZodType<Analysis> = z.looseObject({
  verdict,
  findings: z.array(finding),
  impact: z.looseObject({
    entry: text.optional(),
    affected: count,
    examined: count,
    since: micros.optional(),
    lastSeen: micros.optional(),
    users: count.optional(),
    traffic: z.looseObject({ share: measure, low: measure, high: measure }).optional(),
  }),
  exemplar: z.looseObject({ suspect: text, healthy: text.optional(), chosen: statements.optional() }).optional(),
  culpritSpans: z.array(text),
  lineage: lineage.optional(),
  counts: z.looseObject({ suspects: count, baseline: count, spans: count }),
});

const gathering: z.ZodType<Gathering> = z.looseObject({
  backend: text,
  scope: z.looseObject({
    services: z.array(text),
    operation: text.optional(),
    route: text.optional(),
    environment: text.optional(),
    from: micros,
    to: micros,
    traceIds: z.array(text),
  }),
  suspects: count,
  baseline: count,
  spans: count,
  notes: z.array(text),
  unfinished: z.array(z.looseObject({ traceId: text, spans: count })).optional(),
});

const alert: z.ZodType<Alert> = z.looseObject({
  source: text,
  id: text,
  delivery: text,
  event: z.enum(ALERT_EVENTS),
  title: text,
  service: text.optional(),
  occurredAt: micros,
  startedAt: micros,
  severity: text.optional(),
  priority: text.optional(),
  urgency: text.optional(),
  team: text.optional(),
  environment: text.optional(),
  channel: text.optional(),
  mergedInto: text.optional(),
  note: text.optional(),
  url: text.optional(),
  links: z.looseObject({ runbook: text.optional(), dashboard: text.optional(), owner: text.optional() }),
  labels: z.record(text, text),
  traceIds: z.array(text),
});

const asked = { traceId: text, by: text, channel: text, request: text };
const trigger: z.ZodType<Trigger> = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('alert'), alert }),
  z.looseObject({ kind: z.literal('command'), ...asked }),
  z.looseObject({ kind: z.literal('mention'), threadTs: text, ...asked }),
]);

const common = {
  id: text,
  trigger,
  channel: text,
  openedAt: micros,
  thread: thread.optional(),
  resolvedAt: micros.optional(),
  acknowledgedAt: micros.optional(),
  escalatedAt: micros.optional(),
  heldUntil: micros.optional(),
  pressingAt: micros.optional(),
  digested: z.boolean().optional(),
  repeats: count,
  firedAt: micros.optional(),
  fires: z.array(micros).optional(),
  flapping: z.looseObject({ times: count, during: micros }).optional(),
  counted: z.array(text).optional(),
  before: z.looseObject({ mechanism, component, qualifier: text.optional() }).nullable().optional(),
  episodes: z.array(z.looseObject({ from: micros, to: micros, resolvedAt: micros.optional() })).optional(),
  follows: text.optional(),
  seenBefore: z.looseObject({ times: count, at: micros, link: text.optional(), fixedBy: text.optional() }).optional(),
  fixedBy: text.optional(),
};

const notedChange: z.ZodType<NotedChange> = z.looseObject({
  id: text,
  kind: z.enum(CHANGE_KINDS),
  at: micros,
  title: text,
  service: text.optional(),
  version: text.optional(),
  environment: text.optional(),
  link: text.optional(),
  by: text.optional(),
  before: micros,
  corroborates: z.boolean(),
});

export const investigationSchema: z.ZodType<Investigation> = z.discriminatedUnion('status', [
  z.looseObject({ status: z.literal('opened'), ...common }),
  z.looseObject({
    status: z.literal('answered'),
    ...common,
    answeredAt: micros,
    gathering,
    analysis,
    rechecks: z.array(z.looseObject({ at: micros, affected: count, examined: count })),
    changes: z.array(notedChange).optional(),
    amended: z.looseObject({ at: micros, spans: count, traces: count }).optional(),
  }),
  z.looseObject({
    status: z.literal('failed'),
    ...common,
    setback: z.looseObject({ kind: text, message: text, hint: text, at: micros, final: z.boolean().optional() }),
  }),
]);
