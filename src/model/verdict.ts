import type { Component, Evidence, Finding, Mechanism, Quantity, Role } from './finding.ts';
import type { EpochMicros, SpanId, TraceId } from './units.ts';

export type Confidence = 'high' | 'medium' | 'low';

/** A ranked answer to "what broke?". Ids (H1, H2 …) are stable inside an investigation, so a thread can refer to them. */
export type Hypothesis = {
  readonly id: string;
  readonly component: Component;
  readonly mechanism: Mechanism;
  readonly role: Role;
  /** Comparable inside one analysis only. */
  readonly score: number;
  /** At most five; the most telling first. */
  readonly evidence: readonly [Evidence, ...Evidence[]];
  /** What its traces share, as "on version 2". */
  readonly qualifier?: { readonly key: string; readonly value: string };
};

/** Why no more can be said; `claim` names a sentence in `templates/messages/gaps.yml`, `values` fill its places. */
export type Gap = { readonly claim: string; readonly values: Readonly<Record<string, Quantity>> };

export type Verdict = {
  readonly kind: 'cause' | 'suspect' | 'cannot-tell';
  readonly confidence: Confidence;
  /** Best first: causes, then amplifiers and effects of them. */
  readonly hypotheses: readonly Hypothesis[];
  readonly missing: readonly Gap[];
  /** What its confidence rests on: strength, support, specificity, margin; missing when nobody is named. */
  readonly factors?: readonly Gap[];
  /** Version of the scoring model, as `rca-2.0`: `investigation/analyse-verdict.ts` says when it changes. */
  readonly model: string;
};

/** How bad, since when, and whether it still happens: counts over the traces that were read, never of all traffic. */
export type Impact = {
  /** Entry operation, as `POST /checkout`; missing when several are hit alike. */
  readonly entry?: string;
  readonly affected: number;
  readonly examined: number;
  readonly since?: EpochMicros;
  readonly lastSeen?: EpochMicros;
  /** Distinct users on the affected traces, a lower bound; missing when no span says. */
  readonly users?: number;
  /**
   * Share that was affected of all requests like those examined, each counted for those like it that were not kept, and
   * between what it lies at 95 %. Missing unless every request that was examined says with which probability it was kept.
   */
  readonly traffic?: { readonly share: number; readonly low: number; readonly high: number };
};

/** Where a request came from, which services it passed, and what data it touched. */
export type Lineage = {
  /** Attribute that names the actor, as `user.id`, and its value. */
  readonly actor: { readonly key: string; readonly value: string };
  readonly origins: readonly {
    readonly address?: string;
    readonly userAgent?: string;
    readonly entry: string;
    readonly traceId: TraceId;
    readonly spanId: SpanId;
    readonly count: number;
  }[];
  readonly hops: readonly {
    readonly from: string;
    readonly to: string;
    readonly operation: string;
    readonly count: number;
    readonly traceId: TraceId;
    readonly spanId: SpanId;
  }[];
  readonly data: readonly {
    readonly service: string;
    readonly store: string;
    readonly target: string;
    readonly effect: 'read' | 'write' | 'delete' | 'export' | 'unknown';
    readonly operations: number;
    readonly rows?: number;
    /** Rows an ordinary user of the baseline reaches on the same target, when known. */
    readonly usualRows?: number;
    readonly traceId: TraceId;
    readonly spanId: SpanId;
  }[];
  /** Requests of the actor that were read. */
  readonly requests: number;
  readonly traceIds: readonly TraceId[];
  /** Services on the way that send no spans, so that absence of a record is not absence of access. */
  readonly silent: readonly string[];
};

/** Everything that was worked out about one set of traces. The same input gives the same analysis. */
export type Analysis = {
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  readonly impact: Impact;
  /** The most telling suspect trace and a healthy one of the same route to hold beside it. */
  readonly exemplar?: {
    readonly suspect: TraceId;
    readonly healthy?: TraceId;
    /** How the two were chosen. */
    readonly chosen?: readonly Gap[];
  };
  /** Spans that the picture marks as the culprit. */
  readonly culpritSpans: readonly SpanId[];
  readonly lineage?: Lineage;
  readonly counts: { readonly suspects: number; readonly baseline: number; readonly spans: number };
  /** Services with anything against them, most suspected first; scores compare inside one analysis only. For measuring. */
  readonly ranking?: readonly { readonly service: string; readonly score: number }[];
};
