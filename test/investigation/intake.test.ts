import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createIntake } from '../../src/investigation/intake.ts';
import type { Alert } from '../../src/model/alert.ts';
import { SECOND } from '../../src/model/units.ts';
import { inOrder } from '../../src/store/together.ts';
import { embeddedParts } from './parts.ts';

const T0 = 1_790_000_000 * SECOND;
let parts: ReturnType<typeof embeddedParts>;
let deliveries = 0;
beforeEach(() => {
  parts = embeddedParts({ now: () => T0 });
});
afterEach(() => parts.close());

const intake = (changes: Partial<Parameters<typeof createIntake>[0]> = {}) =>
  createIntake({
    ...parts,
    channelFor: (alert) => `for-${alert.service ?? 'nobody'}`,
    channelForPerson: (channel) => channel,
    ...changes,
  });

describe('alerts', () => {
  test('a fire opens an investigation in the channel of its service and queues its job', async () => {
    const accepted = await intake().alert(alert({}));
    expect(accepted.outcome).toBe('opened');
    expect(await parts.store.find({ by: 'alert', source: 'pagerduty', alertId: 'P1' })).toMatchObject({
      id: accepted.investigation,
      status: 'opened',
      channel: 'for-checkout',
      repeats: 0,
    });
    expect(parts.jobs.map(({ job }) => job)).toEqual([{ kind: 'investigate', investigation: accepted.investigation }]);
  });

  test('the same delivery again is a duplicate; another delivery of the same incident joins the same investigation', async () => {
    const first = await intake().alert(alert({ delivery: 'd' }));
    expect(await intake().alert(alert({ delivery: 'd' }))).toEqual({
      investigation: first.investigation,
      outcome: 'duplicate',
    });
    expect((await intake().alert(alert({ delivery: 'e' }))).investigation).toBe(first.investigation);
    expect(parts.jobs).toHaveLength(1);
  });

  test('a crash after any step is mended by the next delivery: nothing is lost to the mark that makes duplicates', async () => {
    for (const broken of ['update', 'add', 'settle'] as const) {
      const dying = intake({
        together: inOrder,
        store: broken === 'update' ? { ...parts.store, update: () => Promise.reject(new Error('crash')) } : parts.store,
        queue: broken === 'add' ? { ...parts.queue, add: () => Promise.reject(new Error('crash')) } : parts.queue,
        ledger:
          broken === 'settle' ? { ...parts.ledger, settle: () => Promise.reject(new Error('crash')) } : parts.ledger,
      });
      const fire = alert({ id: `P-${broken}`, delivery: `d-${broken}`, service: broken });
      await expect(dying.alert(fire)).rejects.toThrow('crash');
      expect((await intake().alert(fire)).outcome).not.toBe('ignored');
      const investigation = await parts.store.find({ by: 'alert', source: 'pagerduty', alertId: fire.id });
      expect(
        parts.jobs.filter(({ job }) => job.kind === 'investigate' && job.investigation === investigation?.id),
        broken,
      ).toHaveLength(1);
    }
  });

  test('resolved marks the end and queues the last edit; it never opens anything', async () => {
    expect((await intake().alert(alert({ event: 'resolved' }))).outcome).toBe('ignored');
    const { investigation } = await intake().alert(alert({ id: 'P2' }));
    await intake().alert(alert({ id: 'P2', event: 'resolved', occurredAt: T0 + SECOND }));
    expect(await parts.store.find({ by: 'id', id: investigation })).toMatchObject({ resolvedAt: T0 + SECOND });
    expect(parts.jobs.map(({ job }) => job.kind)).toEqual(['investigate', 'close']);
  });

  test('resolved that overtakes its fire is remembered', async () => {
    await intake().alert(alert({ event: 'resolved', occurredAt: T0 + SECOND }));
    const { investigation } = await intake().alert(alert({ occurredAt: T0 }));
    expect(await parts.store.find({ by: 'id', id: investigation })).toMatchObject({ resolvedAt: T0 + SECOND });
  });

  test('reopened looks afresh in the same thread, once for each delivery', async () => {
    const { investigation } = await intake().alert(alert({}));
    await parts.store.update(
      investigation,
      (current) => current && { ...current, thread: { channel: 'C1', ts: '1.0' }, resolvedAt: T0 + 1 },
    );
    const again = alert({ event: 'reopened', occurredAt: T0 + SECOND, delivery: 'again' });
    await intake().alert(again);
    await intake({ ledger: { ...parts.ledger, claim: async () => ({ ours: true, note: '' }) } }).alert(again);
    const stands = await parts.store.find({ by: 'id', id: investigation });
    expect(stands).toMatchObject({ status: 'opened', thread: { channel: 'C1', ts: '1.0' }, repeats: 1 });
    expect(stands?.resolvedAt).toBeUndefined();
  });

  test('acknowledged is noted, and unknown incidents are not ours to note', async () => {
    expect((await intake().alert(alert({ event: 'acknowledged' }))).outcome).toBe('ignored');
    const { investigation } = await intake().alert(alert({}));
    await intake().alert(alert({ event: 'acknowledged', occurredAt: T0 + 5 }));
    expect(await parts.store.find({ by: 'id', id: investigation })).toMatchObject({ acknowledgedAt: T0 + 5 });
  });
});

test('a person who asks twice by one press gets one investigation', async () => {
  const ask = { kind: 'command', traceId: 'a'.repeat(32), by: 'U1', channel: 'C9', request: 'r1' } as const;
  const first = await intake().ask(ask);
  expect(await intake().ask(ask)).toEqual({ ...first, outcome: 'duplicate' });
  expect((await intake().ask({ ...ask, request: 'r2' })).investigation).not.toBe(first.investigation);
  expect(await parts.store.find({ by: 'id', id: first.investigation })).toMatchObject({ channel: 'C9' });
});

function alert(given: Partial<Alert>): Alert {
  deliveries += 1;
  return {
    source: 'pagerduty',
    id: 'P1',
    delivery: `delivery-${deliveries}`,
    event: 'triggered',
    title: 'Errors',
    service: 'checkout',
    occurredAt: T0,
    startedAt: T0,
    links: {},
    labels: {},
    traceIds: [],
    ...given,
  };
}
