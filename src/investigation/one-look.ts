import type { Alert } from '../model/alert.ts';
import type { Investigation } from '../model/investigation.ts';
import { type EpochMicros, MINUTE, type Micros } from '../model/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Store } from '../ports/store.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import { aimOfAlert } from './aim.ts';
import { SERVICES_SEEN } from './gather.ts';
import { type Kin, kinOfParts, kinship } from './kin.ts';
import { servicesNamedBy } from './scope.ts';
import type { Telling } from './telling.ts';

/** What began within so much of each other may well be one trouble. */
const AT_ONCE: Micros = 5 * MINUTE;
/** The card of an alert that is looked at waits so long at most. */
const PATIENCE_MS = 2_000;
/** Who answers for one that answers for another; the chain is short, and never a circle. */
const LEADERS = 5;

export type OneLookParts = {
  readonly backend: TraceBackend;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly telling: Pick<Telling, 'waits'>;
  /** `service.name`s that the configuration gives for an alert. */
  servicesFor(investigation: Investigation): readonly string[] | undefined;
};

/** The services whose traces an alert is about, and the investigation whose look at just these answers for it. */
export type OneLook = { readonly services?: readonly string[]; readonly leader?: Investigation };

/**
 * Alerts that name no service are kin as well, but only when it is their turn is it known which traces their words mean. Of the
 * same sender, environment and words, told in the same channel and begun within five minutes, the first is looked at and
 * the others follow it as kin do (`kin.ts`): where they began before its reading, which would find the same traces for them.
 *
 * ```
 *   "5xx at the edge" ─▶ no service is called so ─▶ every service of production ─▶ looked at
 *   "Queue is long"   ─▶ no service is called so ─▶ the same traces ─────────────▶ follows
 *   "Payments slow"   ─▶ payment ─────────────────▶ other traces ────────────────▶ looked at
 * ```
 *
 * An alert with a service has found its kin already (`intake.ts`), and one that came back is looked at by itself.
 */
export async function oneLookFor(
  parts: OneLookParts,
  investigation: Investigation,
  signal: AbortSignal,
): Promise<OneLook> {
  const { trigger, status, before, episodes } = investigation;
  if (trigger.kind !== 'alert' || status === 'answered') return {};
  if (before !== undefined || episodes !== undefined) return {};
  const { alert } = trigger;
  if (alert.service !== undefined || alert.traceIds.length > 0 || parts.servicesFor(investigation) !== undefined) {
    return {};
  }
  const now = parts.clock.now();
  const services = await servicesMeant(parts.backend, alert, now, signal);
  if (services === undefined) return {};
  const kinships = kinship(parts.ledger);
  const kin = kinOfWords(alert, services, investigation.channel);
  const first = await kinships.join(kin, investigation.id, alert.startedAt);
  const leader = first === undefined ? undefined : await lastLeader(parts.store, first);
  if (leader !== undefined && answersFor(leader, investigation, alert)) {
    const speaksLater = leader.heldUntil !== undefined && leader.thread === undefined;
    if (!speaksLater || (await parts.telling.waits(investigation))) return { services, leader };
  }
  await kinships.lead(kin, investigation.id);
  await kinships.reads(kin, investigation.id, now);
  return { services };
}

/** Undefined where the backend does not tell in time: then it is looked at like any other, and whatever is wrong is told there. */
async function servicesMeant(
  backend: TraceBackend,
  alert: Alert,
  now: EpochMicros,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const from = Math.min(alert.startedAt, now) - SERVICES_SEEN;
  try {
    const known = await backend.services(from, now, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]));
    return servicesNamedBy(alert, known);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** What these alerts have in common is what would be asked for, and who sent them. */
function kinOfWords(alert: Alert, services: readonly string[], channel: string): Kin {
  const { operation, route, environment } = aimOfAlert(alert, services, [], alert.startedAt);
  const words = [alert.source, channel, environment?.toLowerCase() ?? '', operation ?? '', route ?? ''];
  return kinOfParts(['words', ...words, ...services.toSorted()]);
}

async function lastLeader(store: Store, id: string): Promise<Investigation | undefined> {
  let leader = await store.find({ by: 'id', id });
  for (let hop = 0; hop < LEADERS && leader?.follows !== undefined; hop += 1)
    leader = await store.find({ by: 'id', id: leader.follows });
  return leader;
}

/** Not where it is over, was in vain or began at another time. */
function answersFor(leader: Investigation, one: Investigation, alert: Alert): boolean {
  const { trigger, resolvedAt, follows } = leader;
  if (leader.id === one.id || resolvedAt !== undefined || follows !== undefined || trigger.kind !== 'alert')
    return false;
  if (leader.status === 'failed' && leader.setback.final === true) return false;
  return Math.abs(trigger.alert.startedAt - alert.startedAt) <= AT_ONCE;
}
