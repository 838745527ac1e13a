import { Failure } from '../failure.ts';
import type { Admission, Asked } from '../investigation/admission.ts';
import type { Publisher } from '../investigation/publish.ts';
import type { Investigation } from '../model/investigation.ts';
import { SECOND } from '../model/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';

/** The publisher, its cards and verdicts timed from the moment at which the alert was taken in. A repeat of either is not counted. */
export function measuredPublisher(publisher: Publisher, metrics: Metrics, clock: Clock): Publisher {
  const since = (from: number) => Math.max(0, clock.now() - from) / SECOND;
  return {
    ...publisher,
    open: async (investigation) => {
      const thread = await publisher.open(investigation);
      if (investigation.thread === undefined) metrics.cardPosted(since(investigation.openedAt));
      return thread;
    },
    verdict: async (answered, thread) => {
      await publisher.verdict(answered, thread);
      // What fired again is looked at again long after it was opened first.
      const begun =
        answered.trigger.kind === 'alert' && answered.repeats > 0
          ? answered.trigger.alert.occurredAt
          : answered.openedAt;
      metrics.verdictTold(answered.analysis.verdict.kind, since(begun));
    },
  };
}

/** Admissions, of which those without a card are counted. */
export function measuredAdmission(
  admit: (investigation: Investigation, asked: Asked) => Promise<Admission>,
  metrics: Metrics,
): (investigation: Investigation, asked: Asked) => Promise<Admission> {
  return async (investigation, asked) => {
    const admission = await admit(investigation, asked);
    if (admission.kind === 'counted') metrics.withheld('capped');
    if (admission.kind === 'held' && asked !== 'again') metrics.withheld('quiet-hours');
    return admission;
  };
}

/** The backend, its failures counted by kind; being told to stop is none. */
export function measuredBackend(backend: TraceBackend, metrics: Metrics): TraceBackend {
  const failed = (thrown: unknown, signal: AbortSignal): never => {
    if (!signal.aborted) metrics.backendFailed(Failure.from(thrown).kind);
    throw thrown;
  };
  return {
    title: backend.title,
    linkTo: backend.linkTo.bind(backend),
    check: backend.check.bind(backend),
    search: (query, signal, missing) =>
      backend.search(query, signal, missing).catch((thrown: unknown) => failed(thrown, signal)),
    services: (from, to, signal, missing) =>
      backend.services(from, to, signal, missing).catch((thrown: unknown) => failed(thrown, signal)),
    async *fetch(traceIds, signal, missing) {
      try {
        yield* backend.fetch(traceIds, signal, missing);
      } catch (thrown) {
        failed(thrown, signal);
      }
    },
  };
}
