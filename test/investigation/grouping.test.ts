import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { causeKey, fingerprintOf } from '../../src/investigation/culprit.ts';
import { createGrouping } from '../../src/investigation/grouping.ts';
import { createRecurrence } from '../../src/investigation/recurrence.ts';
import type { Culprit } from '../../src/model/culprit.ts';
import type { Component, Mechanism } from '../../src/model/finding.ts';
import type { Answered } from '../../src/model/investigation.ts';
import { MINUTE, SECOND } from '../../src/model/units.ts';
import { anAlert, answered } from '../store/samples.ts';
import { embeddedParts } from './parts.ts';

const T0 = 1_790_000_000_000_000;
let parts: ReturnType<typeof embeddedParts>;
beforeEach(() => {
  parts = embeddedParts({ now: () => T0 });
});
afterEach(() => parts.close());

const grouping = () => createGrouping(parts);

describe('a culprit', () => {
  const tls: Culprit = { mechanism: 'tls-handshake-retry', component: { kind: 'edge', from: 'a', to: 'b' } };

  test('is the same cause to the letter only', () => {
    expect(causeKey(tls)).toBe(causeKey({ ...tls, qualifier: 'service.version' }));
    expect(causeKey(tls)).not.toBe(causeKey({ ...tls, mechanism: 'timeout' }));
    expect(causeKey(tls)).not.toBe(causeKey({ ...tls, component: { kind: 'edge', from: 'b', to: 'a' } }));
  });

  test('is known again whatever numbers and ids stand in its names', () => {
    const slow = (operation: string, qualifier?: string): Culprit => ({
      mechanism: 'slow-operation',
      component: { kind: 'operation', service: 'cart-7f9c', operation },
      ...(qualifier === undefined ? {} : { qualifier }),
    });
    const id = '4bf92f35-77b3-4da6-a3ce-929d0e0e4736';
    expect(fingerprintOf(slow('GET /cart/17'))).toBe(fingerprintOf(slow('GET /cart/2048')));
    expect(fingerprintOf(slow(`GET /cart/${id}`))).toBe(fingerprintOf(slow(`GET /cart/${id.replaceAll('4', '5')}`)));
    expect(fingerprintOf(slow('GET /cart'))).not.toBe(fingerprintOf(slow('GET /order')));
    expect(fingerprintOf(slow('GET /cart'))).not.toBe(fingerprintOf(slow('GET /cart', 'service.version')));
  });

  test('is known again on another version and another host, which are other causes at the same time', () => {
    const on = (value: string, services: readonly string[]): Culprit => ({
      mechanism: 'version-regression',
      component: { kind: 'attribute', key: 'service.version', value, services },
    });
    expect(fingerprintOf(on('41', ['b', 'a']))).toBe(fingerprintOf(on('42', ['a', 'b'])));
    expect(causeKey(on('41', ['b', 'a']))).toBe(causeKey(on('41', ['a', 'b', 'a'])));
    expect(causeKey(on('41', ['a']))).not.toBe(causeKey(on('42', ['a'])));
  });
});

describe('who leads', () => {
  test('the first to come to a cause, asked as often as one likes; the others follow it', async () => {
    const [first, second] = [await keep('a'), await keep('b')];
    expect(await grouping().leaderOf(first)).toBeUndefined();
    expect(await grouping().leaderOf(second)).toMatchObject({ id: 'a' });
    expect(await grouping().leaderOf(first)).toBeUndefined();
    expect(await grouping().leaderOf(second)).toMatchObject({ id: 'a' });
  });

  test('one of many at once', async () => {
    const many = await Promise.all(Array.from({ length: 20 }, (_, index) => keep(`i${index}`)));
    const leaders = await Promise.all(many.map((one) => grouping().leaderOf(one)));
    expect(leaders.filter((leader) => leader === undefined)).toHaveLength(1);
    expect(new Set(leaders.map((leader) => leader?.id)).size).toBe(2);
  });

  test('another cause, and what somebody asked for, lead themselves', async () => {
    await grouping().leaderOf(await keep('a'));
    expect(await grouping().leaderOf(await keep('b', { mechanism: 'timeout' }))).toBeUndefined();
    expect(await grouping().leaderOf(answered('asked'))).toBeUndefined();
  });

  test('when the first is over the next one leads, and the one after follows that', async () => {
    await grouping().leaderOf(await keep('a', { resolvedAt: T0 + MINUTE }));
    const later = { fires: [T0 + 20 * MINUTE], since: T0 + 20 * MINUTE };
    expect(await grouping().leaderOf(await keep('b', later))).toBeUndefined();
    expect(await grouping().leaderOf(await keep('c', later))).toMatchObject({ id: 'b' });
  });

  test('property: what is over takes only what is over too, as far as the traces of the other tell', async () => {
    const end = T0 + 10 * MINUTE;
    const seconds = fc.integer({ min: -400, max: 400 });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(seconds, seconds, async (firedAfter, seenAfter) => {
        round += 1;
        const place = `peer ${round}`;
        await grouping().leaderOf(await keep(`first ${round}`, { resolvedAt: end, place }));
        const fires = [end + firedAfter * SECOND];
        const lastSeen = end + seenAfter * SECOND;
        const since = Math.min(lastSeen, end - 500 * SECOND);
        const late = await keep(`late ${round}`, { fires, since, lastSeen, place });
        const leader = await grouping().leaderOf(late);
        expect(leader?.id).toBe(seenAfter <= 10 ? `first ${round}` : undefined);
      }),
      { numRuns: 40 },
    );
  });

  test('an alert that its traces do not explain is not counted on a card that was over when it fired', async () => {
    const told = await keep('a', { resolvedAt: T0 + MINUTE });
    await grouping().stands(told);
    const silent = { mechanism: undefined, since: undefined, lastSeen: undefined, affected: 0 };
    expect(await grouping().leaderOf(await keep('b', { ...silent, fires: [T0 + 30 * SECOND] }))).toMatchObject({
      id: 'a',
    });
    expect(await grouping().leaderOf(await keep('c', { ...silent, fires: [T0 + 2 * MINUTE] }))).toBeUndefined();
  });

  test('two that cannot be explained share a card only when they fired at the same time', async () => {
    const silent = { mechanism: undefined, since: undefined, affected: 0 };
    const at = (minutes: number) => ({ ...silent, fires: [T0 + minutes * MINUTE] });
    expect(await grouping().leaderOf(await keep('a', at(0)))).toBeUndefined();
    expect(await grouping().leaderOf(await keep('b', at(5)))).toMatchObject({ id: 'a' });
    expect(await grouping().leaderOf(await keep('c', at(6)))).toBeUndefined();
  });

  test('what waited for the end of quiet hours and cannot be explained keeps a card of its own; a cause is one card all the same', async () => {
    const silent = { mechanism: undefined, since: undefined, affected: 0 };
    await grouping().leaderOf(await keep('a', silent));
    const night = { answeredAt: T0 - 4 * 60 * MINUTE };
    expect(await grouping().leaderOf(await keep('b', { ...silent, ...night }))).toBeUndefined();
    const told = await keep('c');
    await grouping().leaderOf(told);
    await grouping().stands(told);
    expect(await grouping().leaderOf(await keep('d', { ...silent, ...night }))).toBeUndefined();
    expect(await grouping().leaderOf(await keep('e', night))).toMatchObject({ id: 'c' });
  });

  test('who follows is counted on the leader, with all who followed it', async () => {
    const [a, b] = [await keep('a'), await keep('b')];
    await grouping().leaderOf(a);
    await parts.followers.follow('b', { source: 's', alertId: 'x', delivery: 'd', title: 'of b', at: T0 });
    for (const _ of [1, 2]) await grouping().follow(b, 'a');
    expect(await parts.followers.of('a')).toMatchObject({ alerts: 2, repeats: 0 });
    expect(await parts.followers.of('b')).toMatchObject({ alerts: 0 });
    expect(await parts.store.find({ by: 'id', id: 'b' })).toMatchObject({ follows: 'a' });
    expect(parts.jobs.map(({ job }) => job)).toEqual([{ kind: 'refresh', investigation: 'a' }]);
  });
});

describe('a cause that was seen before', () => {
  const recurrence = () =>
    createRecurrence({ ...parts, chat: { permalink: async ({ ts }) => `https://chat.example/${ts}` } });

  test('is told with the times, the latest thread and what fixed it then', async () => {
    const DAY = 24 * 60 * MINUTE;
    await recurrence().recognise(await keep('a', { openedAt: T0 - 9 * DAY }));
    await recurrence().fixed('a', 'a rollback');
    await recurrence().recognise(await keep('b', { openedAt: T0 - 2 * DAY, thread: { channel: 'C', ts: '2.0' } }));
    const third = await keep('c', { openedAt: T0 });
    const seenBefore = { times: 2, at: T0 - 2 * DAY, link: 'https://chat.example/2.0', fixedBy: 'a rollback' };
    for (const _ of [1, 2]) expect(await recurrence().recognise(third)).toMatchObject({ seenBefore });
    expect(await parts.store.find({ by: 'id', id: 'c' })).toMatchObject({ seenBefore });
  });

  test('nothing is told the first time, nor of another cause', async () => {
    expect((await recurrence().recognise(await keep('a', { openedAt: T0 - MINUTE }))).seenBefore).toBeUndefined();
    const other = await keep('b', { openedAt: T0, mechanism: 'timeout' });
    expect((await recurrence().recognise(other)).seenBefore).toBeUndefined();
  });
});

type Changes = Partial<Answered> & {
  readonly since?: number | undefined;
  readonly lastSeen?: number | undefined;
  readonly affected?: number;
  /** The peer that the culprit names. */
  readonly place?: string;
  /** Nobody is named when it is undefined. */
  readonly mechanism?: Mechanism | undefined;
};

async function keep(id: string, given: Changes = {}): Promise<Answered> {
  const { since, lastSeen, affected, place, mechanism, ...changes } = { since: T0, place: 'paygw', ...given };
  const { follows: _, seenBefore: _seen, fixedBy: _by, resolvedAt: _end, ...full } = answered(id);
  const { lineage: _who, ...analysis } = full.analysis;
  const { impact, verdict } = analysis;
  const [top] = verdict.hypotheses;
  const isNamed = !('mechanism' in given) || mechanism !== undefined;
  const component: Component = { kind: 'edge', from: 'payment', to: place };
  const hypotheses =
    top === undefined || !isNamed ? [] : [{ ...top, component, mechanism: mechanism ?? top.mechanism }];
  const { since: _since, lastSeen: _last, ...counts } = impact;
  const investigation: Answered = {
    ...full,
    trigger: { kind: 'alert', alert: anAlert(`alert ${id}`) },
    fires: [T0],
    analysis: {
      ...analysis,
      impact: {
        ...counts,
        ...(affected === undefined ? {} : { affected }),
        ...(since === undefined ? {} : { since }),
        ...(lastSeen === undefined ? {} : { lastSeen }),
      },
      verdict: { ...verdict, kind: isNamed ? verdict.kind : 'cannot-tell', hypotheses },
    },
    ...changes,
  };
  await parts.store.update(id, () => investigation);
  return investigation;
}
