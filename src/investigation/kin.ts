import { hash } from 'node:crypto';
import type { Alert } from '../model/alert.ts';
import { type EpochMicros, SECOND } from '../model/units.ts';
import type { Ledger } from '../ports/ledger.ts';

/** As long as the first of them is looked at, and some more for a look that has to be tried again. */
const UNDER_WAY_MS = 5 * 60_000;
/** Alerts are late: so long after the verdict one may still come that began before the reading. */
const FRESH_MS = 60_000;
/** So long is it known of an alert that it is over, since others that follow it may fire on. */
const OVER_MS = 7 * 24 * 3_600_000;
/** The sender's clock and ours. */
const CLOCKS_APART = 2 * SECOND;

/** Alerts that would be looked at in the same traces: the same service, in the same place, told in the same channel. */
export type Kin = string;

/**
 * Undefined for an alert that names no service, whose traces nobody can foresee (`one-look.ts` knows them later), and for one
 * that brings traces of its own.
 */
export function kinOf(alert: Alert, channel: string): Kin | undefined {
  if (alert.service === undefined || alert.traceIds.length > 0) return undefined;
  return kinOfParts([channel, alert.environment?.toLowerCase() ?? '', alert.service.trim().toLowerCase()]);
}

/** Alerts are kin when they have the same parts. */
export function kinOfParts(parts: readonly string[]): Kin {
  return hash('sha256', JSON.stringify(parts)).slice(0, 16);
}

/**
 * Which investigation answers for alerts of one kin. An alert joins unseen only what was read, or will be read, in the traces
 * that it is about. What began later deserves a look of its own, and is folded afterwards if it comes to the same culprit
 * (`grouping.ts`):
 *
 * ```
 *   opened ─── waits for its turn ───▶│ reading ─── verdict ───── a minute later
 *     every alert of its kin joins    │ who says that it began before the reading joins; who began after it is looked
 *                                     │ at, and its kin follow it from then on
 * ```
 */
export const kinship = (ledger: Ledger) => {
  async function standing(kin: Kin): Promise<Standing | undefined> {
    const [leader = '', readAt = '', waits = ''] = ((await ledger.read(keyOf(kin))) ?? '').split(' ');
    if (leader === '') return undefined;
    return { leader, ...(readAt === '' ? {} : { readAt: Number(readAt) }), waits: waits !== '' };
  }

  function settle(kin: Kin, { leader, readAt, waits }: Standing, keepMs: number): Promise<void> {
    return ledger.settle(keyOf(kin), [leader, readAt ?? '', ...(waits ? ['waits'] : [])].join(' '), keepMs);
  }

  async function endOf(leader: string): Promise<EpochMicros | undefined> {
    const note = await ledger.read(overKey(leader));
    return note === undefined || note === '' ? undefined : Number(note);
  }

  /**
   * Who answers for an alert of this kin that began then; undefined when it has to be looked at. What is told at once follows
   * nobody who waits for the end of quiet hours.
   */
  async function leaderOf(kin: Kin, began: EpochMicros, waits = false): Promise<string | undefined> {
    const found = await standing(kin);
    if (found === undefined || (found.waits && !waits) || (await endOf(found.leader)) !== undefined) return undefined;
    return began <= (found.readAt ?? began) + CLOCKS_APART ? found.leader : undefined;
  }

  return {
    leaderOf,
    /** The same for one whose turn has come: of many at once the first to ask is looked at, and the others follow it. */
    async join(kin: Kin, investigation: string, began: EpochMicros): Promise<string | undefined> {
      const { ours } = await ledger.claim(keyOf(kin), investigation, UNDER_WAY_MS);
      return ours ? undefined : leaderOf(kin, began);
    },
    /** Its look is still to come; it is told at once, or waits for the end of quiet hours. */
    lead: (kin: Kin, leader: string, waits = false) => settle(kin, { leader, waits }, UNDER_WAY_MS),
    /** Its traces are read up to this moment. Nothing changes where another of its kin is to be looked at by now. */
    async reads(kin: Kin, investigation: string, at: EpochMicros): Promise<void> {
      const found = await standing(kin);
      if (found !== undefined && found.leader !== investigation) return;
      await settle(kin, { leader: investigation, readAt: at, waits: found?.waits ?? false }, UNDER_WAY_MS);
    },
    /** Its verdict stands on the leader's card, which may be its own; `readAt` is how far its own traces were read. */
    async answered(kin: Kin, investigation: string, leader: string, readAt: EpochMicros): Promise<void> {
      const found = await standing(kin);
      if (found !== undefined && found.leader !== investigation && found.leader !== leader) return;
      await settle(kin, { leader, readAt, waits: false }, FRESH_MS);
    },
    /** Its alert is over, and its card says so: nobody joins it any more. */
    end: (leader: string, at: EpochMicros) => ledger.settle(overKey(leader), String(at), OVER_MS),
    /** It fires again after its end. */
    goesOn: (leader: string) => ledger.settle(overKey(leader), '', 1),
    /** Whether an alert that follows it still fires although its card says that it is over. */
    async outlives(at: EpochMicros, leader: string): Promise<boolean> {
      const end = await endOf(leader);
      return end !== undefined && at > end;
    },
  };
};

type Standing = { readonly leader: string; readonly readAt?: EpochMicros; readonly waits: boolean };

function keyOf(kin: Kin): string {
  return `kin:${kin}`;
}

function overKey(leader: string): string {
  return `over:${leader}`;
}
