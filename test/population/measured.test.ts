import { describe, expect, test } from 'vitest';
import { AS_IT_IS, DEGRADED } from '../../bench/scenarios/degrade.ts';
import { type Case, SCENARIOS } from '../../bench/scenarios/scenarios.ts';
import { DETECTORS } from '../../src/detectors/index.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { actorOf, measureImpact } from '../../src/population/impact.ts';
import { failingInstances } from '../../src/population/instances.ts';
import { traceLineage, unusualActor } from '../../src/population/lineage.ts';
import { linkedSetups } from '../../src/population/linked-setups.ts';
import { queueDelays } from '../../src/population/queue-delays.ts';
import { samplingOf } from '../../src/population/traffic.ts';
import { buildView } from '../../src/population/view.ts';
import { TableBuilder } from '../../src/trace/build.ts';
import { PATTERNS } from '../detectors/patterns.ts';
import { toldBy } from '../detectors/told.ts';
import { recording } from '../investigation/analyse-input.ts';
import { digest } from './digest.ts';

/**
 * Generated incidents, what looks like them and worse traces, with few requests each: everything that is measured and
 * everything that the detectors find stays as it was, to six digits. Whether it is right is asked elsewhere
 * (`test/investigation/scenario-bench.test.ts`, the detectors' own tests); here nothing changes unseen.
 */
const REQUESTS = 30;
const SEED = 3;
const CONDITIONS = [
  AS_IT_IS,
  ...DEGRADED.filter(({ name }) => /^(one span in twelve|no healthy window|one trace alone)/.test(name)),
];
const few = (one: Case): Case => ({
  ...one,
  populate: (seed, _requests, ...more) => one.populate(seed, REQUESTS, ...more),
});

describe.for(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s', ([, { positive, negatives }]) => {
  const cases = [
    ...CONDITIONS.map((condition) => ({ one: positive, condition })),
    ...negatives.slice(0, 1).map((one) => ({ one, condition: AS_IT_IS })),
  ];

  test.for(
    cases.map(({ one, condition }) => [one.name, condition.name, one, condition] as const),
  )('measures the same: %s, %s', async ([name, as, one, condition]) => {
    const { suspects, baseline, focus } = condition.read(few(one), SEED);
    const file = `${name} ${as}`.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase();
    await expect(measuredIn(suspects, baseline, focus)).toMatchFileSnapshot(`../golden/measured/${file}.txt`);
  });
});

test.for(
  PATTERNS.map((pattern) => [pattern.number, pattern] as const),
)('measures the same in the drawing of %s', async ([number, { suspects, baseline }]) => {
  await expect(measuredIn(suspects, baseline)).toMatchFileSnapshot(`../golden/measured/drawn-${number}.txt`);
});

const RECORDED = ['tls-retry', 'write-race', 'slow-serialisation', 'auth-cascade', 'audit'];
const TRACES = 50;

test.for(RECORDED)('measures the same in a recording of real spans: %s', async (name) => {
  const suspects = firstOf(recording(`${name}.abnormal`));
  const baseline = firstOf(recording(`${name}.normal`));
  await expect(measuredIn(suspects, baseline)).toMatchFileSnapshot(`../golden/measured/recorded-${name}.txt`);
});

const THEATRE = ['behind-blind-spot', 'blind-spot', 'network-delay', 'pause', 'slow-query', 'timeout-retries'];

test.for(THEATRE)('measures the same in a recording of another application: %s', async (name) => {
  const [suspects, baseline] = ['abnormal', 'normal'].map((window) => recording(`${name}.${window}`, 'theatre'));
  await expect(measuredIn(suspects ?? [], baseline ?? [])).toMatchFileSnapshot(
    `../golden/measured/theatre-${name}.txt`,
  );
});

function firstOf(spans: readonly SpanRecord[]): readonly SpanRecord[] {
  const some = new Set([...new Set(spans.map(({ traceId }) => traceId))].slice(0, TRACES));
  return spans.filter(({ traceId }) => some.has(traceId));
}

function measuredIn(suspects: readonly SpanRecord[], baseline: readonly SpanRecord[], focus?: string): string {
  const builder = new TableBuilder();
  builder.add(baseline);
  builder.add(suspects);
  const table = builder.finish();
  const healthy = new Set(baseline.map((span) => span.traceId));
  const labelled = Uint8Array.from(table.traceIds, (traceId) => (healthy.has(traceId) ? 1 : 0));
  const view = buildView(table, labelled, focus === undefined ? {} : { focus });
  const { table: _, hints: __, ...measured } = view;
  const unusual = unusualActor(view);
  const asker =
    unusual ?? table.traceIds.map((_id, trace) => actorOf(view, trace)).find((actor) => actor !== undefined);
  const besides = {
    impact: measureImpact(view, view.bad),
    sampling: samplingOf(view),
    unusual: unusual ?? 'nobody',
    lineage: asker === undefined ? 'nobody' : (traceLineage(view, asker) ?? 'nothing'),
    copies: failingInstances(table, view.charges, view.window),
    delays: queueDelays(table, view.charges),
    linked: linkedSetups(table),
  };
  const findings = DETECTORS.flatMap((detector) => detector.detect(view));
  return `${[...digest('view', measured), ...digest('besides', besides), ...findings.map(toldBy)].join('\n')}\n`;
}
