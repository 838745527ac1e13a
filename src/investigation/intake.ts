import { createHash } from 'node:crypto';
import type { Alert } from '../model/alert.ts';
import type { Investigation, Trigger } from '../model/investigation.ts';
import type { Clock } from '../ports/clock.ts';
import type { Acceptance, Intake } from '../ports/intake.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Store } from '../ports/store.ts';
import { traceparent } from '../telemetry.ts';
import { noteDown } from './once.ts';

/** PagerDuty sends the same delivery again for up to 48 hours. */
const DELIVERY_MS = 72 * 3_600_000;

/**
 * Takes in what wants an investigation. Every step may be done twice without harm, and a delivery counts as taken only
 * after its job is on disk: a crash anywhere in between is mended by the sender's next try.
 */
export function createIntake(parts: {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly queue: JobQueue;
  readonly clock: Clock;
  /** Where an alert's card belongs. */
  channelFor(alert: Alert): string;
  /** Where the answer to a person belongs; they asked in the channel that is handed in. */
  channelForPerson(channel: string): string;
}): Intake {
  const { store, ledger, queue, clock } = parts;

  return {
    alert: (alert) => onceADelivery(ledger, `delivery:${alert.source}:${alert.delivery}`, () => take(alert)),
    ask: async (trigger) => {
      const id = idOf(['ask', trigger.request]);
      await store.update(
        id,
        (current) => current ?? opened(id, trigger, parts.channelForPerson(trigger.channel), clock.now()),
      );
      return { investigation: id, outcome: await enqueue(id) };
    },
  };

  async function take(alert: Alert): Promise<Acceptance> {
    const id = idOf([alert.source, alert.id]);
    switch (alert.event) {
      case 'triggered':
      case 'reopened':
        return fire(id, alert);
      case 'acknowledged': {
        const known = await store.update(id, (current) => current && { ...current, acknowledgedAt: alert.occurredAt });
        return { investigation: id, outcome: known === undefined ? 'ignored' : 'updated' };
      }
      case 'unacknowledged': {
        const known = await store.update(id, unacknowledged);
        return { investigation: id, outcome: known === undefined ? 'ignored' : 'updated' };
      }
      case 'escalated':
      case 'updated': {
        const known = await store.find({ by: 'id', id });
        return { investigation: id, outcome: known === undefined ? 'ignored' : 'updated' };
      }
      case 'resolved':
        return resolve(id, alert);
    }
  }

  async function fire(id: string, alert: Alert): Promise<Acceptance> {
    const resolvedEarly = await ledger.read(resolvedKey(alert));
    const resolvedAt = resolvedEarly === undefined ? undefined : Number(resolvedEarly);
    let again = false;
    await store.update(id, (current) => {
      again = false;
      if (current === undefined) {
        const fresh = opened(id, { kind: 'alert', alert }, parts.channelFor(alert), clock.now());
        return resolvedAt !== undefined && resolvedAt >= alert.occurredAt ? { ...fresh, resolvedAt } : fresh;
      }
      if (current.trigger.kind === 'alert' && current.trigger.alert.delivery === alert.delivery) return current;
      const ended = current.resolvedAt !== undefined && current.resolvedAt < alert.occurredAt;
      again = ended || alert.event === 'reopened';
      return again ? reopened(current, { kind: 'alert', alert }) : current;
    });
    const outcome = await enqueue(id);
    return { investigation: id, outcome: again ? 'updated' : outcome };
  }

  async function resolve(id: string, alert: Alert): Promise<Acceptance> {
    // Kept on its own too: "resolved" may overtake "triggered", which must then not look like a fresh fire.
    await noteDown(ledger, resolvedKey(alert), String(alert.occurredAt), DELIVERY_MS);
    const known = await store.update(id, (current) => current && { ...current, resolvedAt: alert.occurredAt });
    if (known === undefined) return { investigation: id, outcome: 'ignored' };
    await queue.add({ kind: 'close', investigation: id, ...trace() }, { key: `close:${id}:${alert.occurredAt}` });
    return { investigation: id, outcome: 'updated' };
  }

  async function enqueue(id: string): Promise<'opened' | 'duplicate'> {
    const added = await queue.add({ kind: 'investigate', investigation: id, ...trace() }, { key: `investigate:${id}` });
    return added === 'added' ? 'opened' : 'duplicate';
  }
}

/** Runs `take` unless the same delivery has been taken to its end before. */
async function onceADelivery(ledger: Ledger, key: string, take: () => Promise<Acceptance>): Promise<Acceptance> {
  const { ours, note } = await ledger.claim(key, '', DELIVERY_MS);
  if (!ours && note !== '') return { investigation: note, outcome: 'duplicate' };
  const acceptance = await take();
  await ledger.settle(key, acceptance.investigation, DELIVERY_MS);
  return acceptance;
}

function opened(id: string, trigger: Trigger, channel: string, now: number): Investigation {
  return { status: 'opened', id, trigger, channel, openedAt: now, repeats: 0 };
}

function unacknowledged(current: Investigation | undefined): Investigation | undefined {
  if (current?.acknowledgedAt === undefined) return current;
  const { acknowledgedAt: _, ...rest } = current;
  return rest;
}

/** The same trouble came back: looked at afresh, in the same thread. */
function reopened(current: Investigation, trigger: Trigger): Investigation {
  const { id, channel, openedAt, thread } = current;
  const repeats = current.repeats + 1;
  return { status: 'opened', id, trigger, channel, openedAt, repeats, ...(thread === undefined ? {} : { thread }) };
}

/** The same trouble has the same id in every process and after every crash. */
function idOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

function resolvedKey(alert: Alert): string {
  return `resolved:${alert.source}:${alert.id}`;
}

function trace(): { traceparent?: string } {
  const parent = traceparent();
  return parent === undefined ? {} : { traceparent: parent };
}
