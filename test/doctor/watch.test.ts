import { expect, test } from 'vitest';
import { type Check, type Finding, ok, warning } from '../../src/doctor/check.ts';
import { keepWatch } from '../../src/doctor/watch.ts';
import { keptLog } from '../slack/log.ts';

/** A part whose health the test decides, and which counts how often it was looked at. */
function part(name: string, standing: boolean, health: () => Finding) {
  const seen = { times: 0 };
  const check: Check = {
    name,
    standing,
    async look() {
      seen.times += 1;
      return [health()];
    },
  };
  return { check, seen };
}

test('the start looks at everything and logs only what is not well', async () => {
  const { log, lines } = keptLog();
  const well = part('Redis', true, () => ok('Redis', 'answers'));
  const sick = part('#incidents', false, () => warning('#incidents', 'not a member', 'Invite it.'));
  const watch = keepWatch([well.check, sick.check], { clock: { now: () => 0 }, log });
  expect(watch.parts()).toEqual({});
  await settled();
  await watch.begin();
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'warn', part: '#incidents', found: 'not a member', hint: 'Invite it.' },
  ]);
  expect(watch.parts()).toEqual({ Redis: 'answers', '#incidents': 'warning: not a member' });
});

test('those who look again and again cost one look a minute, of the standing checks only', async () => {
  let now = 0;
  let health = ok('Jaeger', 'API version 3');
  const { log, lines } = keptLog();
  const standing = part('Jaeger', true, () => health);
  const once = part('#incidents', false, () => ok('#incidents', 'a member'));
  const watch = keepWatch([standing.check, once.check], { clock: { now: () => now }, log });
  await watch.begin();
  for (let asked = 0; asked < 100; asked += 1) watch.parts();
  await settled();
  expect(standing.seen.times).toBe(1);
  health = { name: 'Jaeger', status: 'failed', detail: 'Nobody listens.', hint: 'Start it.' };
  now += 61_000_000;
  for (let asked = 0; asked < 100; asked += 1) watch.parts();
  await settled();
  expect(standing.seen.times).toBe(2);
  expect(once.seen.times).toBe(1);
  expect(watch.parts().Jaeger).toBe('failed: Nobody listens.');
  health = ok('Jaeger', 'API version 3');
  now += 61_000_000;
  watch.parts();
  await settled();
  expect(lines.map((line) => JSON.parse(line).message)).toEqual([
    'A part is not as it should be',
    'A part is well again',
  ]);
});

test('a stop ends a look under way, quietly', async () => {
  const { log, lines } = keptLog();
  const hanging: Check = { name: 'x', standing: true, look: () => new Promise(() => {}) };
  const watch = keepWatch([hanging], { clock: { now: () => 0 }, log });
  const begun = watch.begin();
  watch.stop();
  await begun;
  expect(lines).toEqual([]);
});

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
