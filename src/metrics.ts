import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { Route } from './http.ts';
import type { QueueDepth } from './ports/job-queue.ts';
import type { Metrics } from './ports/metrics.ts';

/** Seconds; a card is expected within one, a verdict within ten. */
const CARD_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const VERDICT_SECONDS = [0.25, 0.5, 1, 2, 3, 5, 8, 12, 20, 30, 60, 120, 300];

/**
 * The bot's own numbers at `GET /metrics`, in Prometheus' text format, on the port of health and webhooks: they hold counts
 * and names of the configuration, nothing of a payload or a person.
 *
 * | metric | type | labels |
 * | --- | --- | --- |
 * | `causeway_webhooks_total` | counter | `source`, `outcome` |
 * | `causeway_webhooks_rejected_total` | counter | `source`, `reason` |
 * | `causeway_cards_total` | counter | |
 * | `causeway_time_to_card_seconds`, `causeway_time_to_verdict_seconds` | histogram | |
 * | `causeway_verdicts_total` | counter | `kind` |
 * | `causeway_alerts_withheld_total` | counter | `why` |
 * | `causeway_backend_errors_total` | counter | `kind` |
 * | `causeway_judgements_total` | counter | `answer` |
 * | `causeway_queue_jobs` | gauge | `state` |
 * | `causeway_queue_age_seconds` | gauge | |
 */
export function createMetrics(depth: () => Promise<QueueDepth>): {
  readonly metrics: Metrics;
  readonly route: Route;
  stop(): Promise<void>;
} {
  const exporter = new PrometheusExporter({
    preventServerStart: true,
    withoutScopeInfo: true,
    withoutTargetInfo: true,
  });
  const provider = new MeterProvider({ readers: [exporter] });
  const meter = provider.getMeter('causeway');
  const counter = (name: string, description: string) => meter.createCounter(`causeway_${name}`, { description });
  const histogram = (name: string, description: string, explicitBucketBoundaries: number[]) =>
    meter.createHistogram(`causeway_${name}_seconds`, { description, advice: { explicitBucketBoundaries } });

  const webhooks = counter('webhooks', 'Webhooks by what became of them');
  const rejected = counter('webhooks_rejected', 'Webhooks that were refused, by why');
  const cards = counter('cards', 'Cards that were posted');
  const toCard = histogram('time_to_card', 'From the arrival of an alert to its card', CARD_SECONDS);
  const toVerdict = histogram('time_to_verdict', 'From the arrival of an alert to its verdict', VERDICT_SECONDS);
  const verdicts = counter('verdicts', 'Verdicts by kind');
  const withheld = counter('alerts_withheld', 'Alerts without a card of their own, by why');
  const backendErrors = counter('backend_errors', 'Requests to the trace backend that failed, by kind');
  const judgements = counter('judgements', 'Answers to "Was this right?"');

  const jobs = meter.createObservableGauge('causeway_queue_jobs', { description: 'Jobs in the queue' });
  const age = meter.createObservableGauge('causeway_queue_age_seconds', {
    description: 'How long the oldest job that could run has waited',
  });
  meter.addBatchObservableCallback(
    async (observed) => {
      const { oldestMs, ...states } = await depth();
      for (const [state, number] of Object.entries(states)) observed.observe(jobs, number, { state });
      observed.observe(age, oldestMs / 1_000);
    },
    [jobs, age],
  );

  return {
    metrics: {
      heard(source, what) {
        webhooks.add(1, { source, outcome: what.outcome });
        if (what.outcome === 'rejected') rejected.add(1, { source, reason: what.reason });
      },
      cardPosted(seconds) {
        cards.add(1);
        toCard.record(seconds);
      },
      verdictTold(kind, seconds) {
        verdicts.add(1, { kind });
        toVerdict.record(seconds);
      },
      withheld: (why) => withheld.add(1, { why }),
      backendFailed: (kind) => backendErrors.add(1, { kind }),
      judged: (answer) => judgements.add(1, { answer }),
    },
    route: {
      method: 'GET',
      path: '/metrics',
      handle: ({ request, response }) => exporter.getMetricsRequestHandler(request, response),
    },
    stop: () => provider.shutdown(),
  };
}
