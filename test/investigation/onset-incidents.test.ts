import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitAtOnset } from '../../src/investigation/onset.ts';
import { buildTable } from '../../src/trace/build.ts';
import { incidentOf, type Sketch } from './incidents.ts';

/** Incidents that can be seen: enough requests on either side, and a fault that is no rarer than one in three. */
const visible = fc.record({
  seed: fc.nat(),
  healthy: fc.integer({ min: 30, max: 300 }),
  after: fc.integer({ min: 15, max: 300 }),
  share: fc.double({ min: 0.34, max: 1, noNaN: true }),
  harm: fc.constantFrom('errors' as const, 'slow' as const, 'hang' as const),
  routes: fc.integer({ min: 1, max: 4 }),
  background: fc.double({ min: 0, max: 0.03, noNaN: true }),
  bursts: fc.integer({ min: 1, max: 10 }),
  drift: fc.double({ min: 1, max: 1.3, noNaN: true }),
  stalls: fc.double({ min: 0, max: 0.03, noNaN: true }),
  deploy: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
});

const QUIET: Sketch = {
  seed: 1,
  healthy: 200,
  after: 80,
  share: 0.8,
  harm: 'errors',
  routes: 3,
  background: 0.01,
  bursts: 1,
  drift: 1,
  stalls: 0,
};

/** What the baseline of an incident is like. */
function baselineOf(sketch: Sketch) {
  const { spans, alertAt, harmed } = incidentOf(sketch);
  const split = splitAtOnset(buildTable(spans), alertAt);
  const before = spans.filter(({ start }) => start < split.at);
  const sick = before.filter(({ traceId }) => harmed.has(traceId)).length;
  // Whatever began after the alert, and its whole second may have begun before all of it, cannot be told to be healthy.
  const possible = spans.filter(({ traceId, start }) => start < alertAt && !harmed.has(traceId)).length;
  return { split, size: before.length, sick, possible };
}

test('whatever the load, the machine and the deploys, next to no harmed request is baseline, and there is one', () => {
  fc.assert(
    fc.property(visible, (sketch) => {
      const { size, sick, possible } = baselineOf(sketch);
      if (possible >= 25) expect(size).toBeGreaterThanOrEqual(10);
      // One in ten of a small baseline, few of a large one: an onset of a third of the requests is not to the request exact.
      expect(sick).toBeLessThanOrEqual(Math.max(3, 0.03 * size));
    }),
    { numRuns: 150, seed: 20_261_122 },
  );
});

describe('over a hundred incidents of a kind, the onset is', () => {
  const SEEDS = 100;
  test.each<[kind: string, given: Partial<Sketch>, unseen: number]>([
    ['seen', {}, 0],
    ['seen by slowness', { harm: 'slow' }, 0],
    ['seen when the machine tires and stalls', { harm: 'slow', drift: 1.5, stalls: 0.05 }, 0],
    ['seen when one in three is harmed', { share: 0.33 }, 0],
    ['seen in bursts', { bursts: 8 }, 0],
    ['seen with few requests, nearly always', { healthy: 25, after: 10 }, 0.02],
    ['never made up where nothing is wrong', { share: 0 }, 0.99],
  ])('%s', (_, given, unseen) => {
    let none = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      if (baselineOf({ ...QUIET, ...given, seed }).split.onset === undefined) none += 1;
    }
    if (unseen > 0.5) expect(none / SEEDS).toBeGreaterThanOrEqual(unseen);
    else expect(none / SEEDS).toBeLessThanOrEqual(unseen);
  });
});

test('a deploy a few seconds before the harm ends the baseline, whatever is harmed', () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const sketch = { ...QUIET, seed, deploy: 5, healthy: 150 };
    expect(baselineOf(sketch)).toMatchObject({ split: { onset: { by: 'deploy' } }, sick: 0 });
  }
});

test('a machine that held its breath before requests began to fail is another story', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const { faultAt } = incidentOf({ ...QUIET, seed, breath: 40 });
    const { split, sick } = baselineOf({ ...QUIET, seed, breath: 40 });
    expect(Math.abs(split.at - faultAt), `seed ${seed}`).toBeLessThan(2_000_000);
    expect(sick).toBeLessThanOrEqual(1);
  }
});

test('slowness that goes on and leads to failures is where it began', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    expect(baselineOf({ ...QUIET, seed, creeping: 40 }).sick, `seed ${seed}`).toBeLessThanOrEqual(3);
  }
});

test('traces that were looked for because they failed make no onset where they were looked for', () => {
  const { spans, alertAt } = incidentOf({ ...QUIET, share: 0, background: 0.1, healthy: 600 });
  const picked = new Set(
    spans
      .filter(({ status, start }) => status === 'error' && start > alertAt - 5_000_000)
      .map(({ traceId }) => traceId),
  );
  const plain = spans.filter(({ traceId, status }) => picked.has(traceId) || status !== 'error');
  expect(splitAtOnset(buildTable(plain), alertAt).onset).toBeDefined();
  expect(splitAtOnset(buildTable(plain), alertAt, picked).onset).toBeUndefined();
});

test('an alert of whole seconds, or of a clock that is a little behind, is no reason to miss what it tells of', () => {
  const { spans, faultAt } = incidentOf(QUIET);
  const table = buildTable(spans);
  expect(splitAtOnset(table, faultAt - 900_000).onset?.at).toBe(splitAtOnset(table, faultAt + 1_000_000).onset?.at);
});

test.each([
  ['after the alert', false],
  ['with the alert', true],
])('where no moment stands out there are a baseline and suspects all the same, when traces end %s', (_, ended) => {
  const { spans, alertAt } = incidentOf({ ...QUIET, share: 0 });
  const last = spans.reduce((latest, { start }) => Math.max(latest, start), 0);
  const { at, onset } = splitAtOnset(buildTable(spans), ended ? last + 1 : alertAt);
  expect(onset).toBeUndefined();
  expect(spans.filter(({ start }) => start < at).length).toBeGreaterThanOrEqual(20);
  expect(spans.filter(({ start }) => start >= at).length).toBeGreaterThanOrEqual(5);
});
