import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGrouping } from '../../src/investigation/grouping.ts';
import { createIntake } from '../../src/investigation/intake.ts';
import { kinOf, kinship } from '../../src/investigation/kin.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { Answered } from '../../src/model/investigation.ts';
import { MINUTE, SECOND } from '../../src/model/units.ts';
import { anAlert, answered } from '../store/samples.ts';
import { embeddedParts } from './parts.ts';

const T0 = 1_790_000_000_000_000;
const SKEW = 2 * SECOND;
let now = T0;
let parts: ReturnType<typeof embeddedParts>;
beforeEach(() => {
  now = T0;
  parts = embeddedParts({ now: () => now });
});
afterEach(() => parts.close());

describe('who joins unseen', () => {
  test('everybody of its kin while the look is still to come', async () => {
    const leader = await fire('a', { startedAt: T0 });
    expect(leader.outcome).toBe('opened');
    now = T0 + MINUTE;
    expect(await fire('b', { startedAt: now })).toEqual({ investigation: leader.investigation, outcome: 'joined' });
    expect(parts.jobs.filter(({ job }) => job.kind === 'investigate')).toHaveLength(1);
  });

  test('whoever began before the reading, while it goes on and for a minute after the verdict', async () => {
    const { investigation } = await fire('a', { startedAt: T0 });
    await reading(investigation, T0 + 5 * SECOND);
    expect(await fire('b', { startedAt: T0 + 4 * SECOND })).toEqual({ investigation, outcome: 'joined' });
    await verdict(investigation, T0 + 9 * SECOND, T0 + 5 * SECOND);
    expect(await fire('c', { startedAt: T0 + 4 * SECOND })).toEqual({ investigation, outcome: 'joined' });
    now = T0 + 2 * MINUTE;
    expect(await fire('d', { startedAt: T0 + 4 * SECOND })).toMatchObject({ outcome: 'opened' });
  });

  test('nobody who began after the reading: not while it goes on, not after the verdict', async () => {
    const { investigation } = await fire('a', { startedAt: T0 });
    await reading(investigation, T0 + 5 * SECOND);
    const second = await fire('b', { startedAt: T0 + 8 * SECOND });
    expect(second).toMatchObject({ outcome: 'opened' });
    // Its kin follow whoever is still to be looked at, and the verdict of the one before changes nothing about that.
    await verdict(investigation, T0 + 9 * SECOND, T0 + 5 * SECOND);
    expect(await fire('c', { startedAt: T0 + 9 * SECOND })).toMatchObject({
      outcome: 'joined',
      investigation: second.investigation,
    });
    await reading(second.investigation, T0 + 10 * SECOND);
    await verdict(second.investigation, T0 + 12 * SECOND, T0 + 10 * SECOND);
    expect(await fire('d', { startedAt: T0 + 13 * SECOND })).toMatchObject({ outcome: 'opened' });
  });

  test('who comes to the same culprit is folded after its own look, and its reading counts from then on', async () => {
    const first = await fire('a', { startedAt: T0 });
    await reading(first.investigation, T0 + SECOND);
    await verdict(first.investigation, T0 + 2 * SECOND, T0 + SECOND);
    const second = await fire('b', { startedAt: T0 + 10 * SECOND });
    await reading(second.investigation, T0 + 11 * SECOND);
    const same = await verdict(second.investigation, T0 + 12 * SECOND, T0 + 11 * SECOND);
    expect((await grouping().leaderOf(same))?.id).toBe(first.investigation);
    await grouping().follow(same, first.investigation);
    expect(await fire('c', { startedAt: T0 + 10 * SECOND })).toEqual({
      investigation: first.investigation,
      outcome: 'joined',
    });
    expect(await fire('d', { startedAt: T0 + 20 * SECOND })).toMatchObject({ outcome: 'opened' });
  });

  test('property: after a reading an alert joins exactly when it began no later, give or take the clocks', async () => {
    const kin = kinOf(alert('a', {}), 'C');
    expect(kin).toBeDefined();
    if (kin === undefined) return;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -90, max: 90 }), fc.boolean(), async (seconds, isTold) => {
        const kinships = kinship(parts.ledger);
        await kinships.lead(kin, 'first');
        await kinships.reads(kin, 'first', T0);
        if (isTold) await kinships.answered(kin, 'first', 'first', T0);
        const leader = await kinships.leaderOf(kin, T0 + seconds * SECOND);
        expect(leader).toBe(seconds * SECOND <= SKEW ? 'first' : undefined);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a leader that is over', () => {
  test('takes nobody, whoever led there: the card says that it is over', async () => {
    const { investigation } = await fire('a', { startedAt: T0 });
    await fire('a', { event: 'resolved', occurredAt: T0 + SECOND, delivery: 'end' });
    expect(await fire('b', { startedAt: T0 })).toMatchObject({ outcome: 'opened' });
    expect((await parts.followers.of(investigation)).alerts).toBe(0);
  });

  test('gives up a follower that fires on, once, and keeps one that fired before the end', async () => {
    const { investigation } = await fire('a', { startedAt: T0 });
    await fire('b', { startedAt: T0 + SECOND });
    await fire('a', { event: 'resolved', occurredAt: T0 + MINUTE, delivery: 'end' });
    const late = await fire('b', { occurredAt: T0 + 30 * SECOND, delivery: 'late' });
    expect(late).toEqual({ investigation, outcome: 'updated' });
    const own = await fire('b', { occurredAt: T0 + 2 * MINUTE, delivery: 'goes on' });
    expect(own.outcome).toBe('opened');
    expect(own.investigation).not.toBe(investigation);
    expect(await fire('b', { occurredAt: T0 + 3 * MINUTE, delivery: 'still' })).toEqual({
      investigation: own.investigation,
      outcome: 'updated',
    });
  });

  test('gives up one that was looked at and folded, too', async () => {
    const { investigation: first } = await fire('a', { startedAt: T0 });
    await reading(first, T0 + SECOND);
    await verdict(first, T0 + 2 * SECOND, T0 + SECOND);
    const { investigation: second } = await fire('b', { startedAt: T0 + 10 * SECOND });
    await grouping().follow(await verdict(second, T0 + 12 * SECOND, T0 + 11 * SECOND), first);
    await fire('a', { event: 'resolved', occurredAt: T0 + MINUTE, delivery: 'end' });
    const before = parts.jobs.filter(({ job }) => job.kind === 'investigate').length;
    await fire('b', { occurredAt: T0 + 2 * MINUTE, delivery: 'goes on' });
    const stands = await parts.store.find({ by: 'id', id: second });
    expect(stands?.status).toBe('opened');
    expect(stands?.follows).toBeUndefined();
    expect(parts.jobs.filter(({ job }) => job.kind === 'investigate')).toHaveLength(before + 1);
  });

  test('that fires again leads again', async () => {
    const { investigation } = await fire('a', { startedAt: T0 });
    await fire('b', { startedAt: T0 + SECOND });
    await fire('a', { event: 'resolved', occurredAt: T0 + MINUTE, delivery: 'end' });
    await fire('a', { event: 'reopened', occurredAt: T0 + 2 * MINUTE, delivery: 'again' });
    expect(await fire('b', { occurredAt: T0 + 3 * MINUTE, delivery: 'on' })).toEqual({
      investigation,
      outcome: 'updated',
    });
  });
});

describe('a note on a joined alert', () => {
  test('is the fix when it says so, and nothing when it says why that alert was closed', async () => {
    const { investigation } = await fire('a', { startedAt: T0 });
    await fire('b', { startedAt: T0 });
    await fire('c', { startedAt: T0 });
    const end = { event: 'resolved', occurredAt: T0 + MINUTE } as const;
    await fire('b', { ...end, delivery: 'b ends', note: 'duplicate of a' });
    const fixedBy = async () => (await parts.store.find({ by: 'id', id: investigation }))?.fixedBy;
    expect(await fixedBy()).toBeUndefined();
    await fire('c', { ...end, delivery: 'c ends', note: 'fixed by rolling auth back' });
    expect(await fixedBy()).toBe('rolling auth back');
    await fire('a', { ...end, delivery: 'a ends', note: 'Restarted auth' });
    expect(await fixedBy()).toBe('Restarted auth');
  });
});

const grouping = () => createGrouping(parts);

function fire(id: string, given: Partial<Alert>) {
  const intake = createIntake({ ...parts, channelFor: () => 'C', channelForPerson: (channel) => channel });
  return intake.alert(alert(id, given));
}

async function reading(id: string, at: number): Promise<void> {
  now = at;
  const investigation = await parts.store.find({ by: 'id', id });
  if (investigation !== undefined) await grouping().reads(investigation);
}

/** Its verdict, told in a card of its own; all of them name the same culprit. */
async function verdict(id: string, at: number, readTo: number): Promise<Answered> {
  now = at;
  const { resolvedAt: _, follows: _whom, seenBefore: _seen, fixedBy: _by, fires: _fires, ...sample } = answered(id);
  const { gathering, analysis } = sample;
  const found = { ...gathering, scope: { ...gathering.scope, to: readTo } };
  const opened = await parts.store.find({ by: 'id', id });
  if (opened === undefined) throw new Error(`${id} was never opened`);
  const { trigger, channel, openedAt } = opened;
  const full: Answered = { ...sample, trigger, channel, openedAt, answeredAt: at, gathering: found, analysis };
  await parts.store.update(id, () => full);
  expect(await grouping().leaderOf(full)).toSatisfy((leader) => leader === undefined || leader.id !== id);
  if ((await grouping().leaderOf(full)) === undefined) await grouping().stands(full);
  return full;
}

function alert(id: string, given: Partial<Alert>): Alert {
  return anAlert(id, { occurredAt: given.startedAt ?? T0, startedAt: T0, traceIds: [], ...given });
}
