import { createHash } from 'node:crypto';
import type { Alert } from '../model/alert.ts';
import type { Ledger } from '../ports/ledger.ts';

/** As long as the first of them is looked at, and some more for a look that has to be tried again. */
const UNDER_WAY_MS = 5 * 60_000;
/** An alert that comes so soon after the verdict would read the traces that were read already. */
const FRESH_MS = 60_000;

/** Alerts that would be looked at in the same traces: the same service, in the same place, told in the same channel. */
export type Kin = string;

/**
 * Undefined for an alert that names no service, whose traces nobody can foresee, and for one that brings traces of its own.
 */
export function kinOf(alert: Alert, channel: string): Kin | undefined {
  if (alert.service === undefined || alert.traceIds.length > 0) return undefined;
  return kinOfServices([alert.service.trim().toLowerCase()], alert, channel);
}

/** The same once it is known which services are read. */
export function kinOfServices(services: readonly string[], alert: Alert, channel: string): Kin {
  const parts = [channel, alert.environment?.toLowerCase() ?? '', ...services.toSorted()];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/**
 * Which investigation answers for alerts of one kin at the moment. It ends by itself: what comes later deserves a look of
 * its own, and is folded afterwards if it comes to the same culprit (`grouping.ts`).
 */
export const kinship = (ledger: Ledger) => ({
  async leaderOf(kin: Kin): Promise<string | undefined> {
    const leader = await ledger.read(keyOf(kin));
    return leader === '' ? undefined : leader;
  },
  lead: (kin: Kin, investigation: string) => ledger.settle(keyOf(kin), investigation, UNDER_WAY_MS),
  answered: (kin: Kin, leader: string) => ledger.settle(keyOf(kin), leader, FRESH_MS),
  end: (kin: Kin) => ledger.settle(keyOf(kin), '', 1),
});

function keyOf(kin: Kin): string {
  return `kin:${kin}`;
}
