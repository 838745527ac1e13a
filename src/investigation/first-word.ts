import { setTimeout as sleep } from 'node:timers/promises';
import type { Investigation } from '../model/investigation.ts';
import { type EpochMicros, type Micros, SECOND } from '../model/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';

/** So long may an alert wait for its verdict without a word, while another is told in the same channel. */
const SILENCE_MS = 30_000;
const LOOK_MS = 200;
/** Who comes this shortly after somebody was told waits for its own verdict, too: storms have stragglers. */
const HUSH: Micros = 10 * SECOND;
const TOLD = 'told ';

/**
 * Who may post a card before there is a verdict. The first in a channel does so at once. While it is looked at, others say
 * nothing: most of a storm turns out to be the same trouble. Who is not done after half a minute speaks all the same.
 */
export function createFirstWord({ ledger, clock }: { readonly ledger: Ledger; readonly clock: Clock }) {
  return {
    /** Milliseconds until a card may be posted: 0 for at once. */
    async after(investigation: Investigation): Promise<number> {
      const { id, thread, trigger, openedAt, status } = investigation;
      // Somebody asked, or reads the card already.
      if (trigger.kind !== 'alert' || thread !== undefined) return 0;
      // Where hundreds wait for their look the first cards are there; who was looked at in vain has been silent already.
      const silence = status === 'failed' ? Math.max(0, SILENCE_MS - (clock.now() - openedAt) / 1_000) : SILENCE_MS;
      const told = toldAt(await ledger.read(keyOf(investigation)));
      if (told !== undefined && openedAt <= told + HUSH) return silence;
      if (told !== undefined) await ledger.settle(keyOf(investigation), id, SILENCE_MS);
      const { note } = await ledger.claim(keyOf(investigation), id, SILENCE_MS);
      return note === id ? 0 : silence;
    },
    /**
     * Resolves when the one who spoke first is told, so that what is the same goes onto its card; at the latest at the end of
     * the silence.
     */
    async turn(investigation: Investigation, end: EpochMicros, signal: AbortSignal): Promise<void> {
      const key = keyOf(investigation);
      while (clock.now() < end) {
        const first = await ledger.read(key);
        if (first === undefined || first === investigation.id || toldAt(first) !== undefined) return;
        await sleep(LOOK_MS, undefined, { signal });
      }
    },
    /** It is told, one way or the other. As long as others are told, too, the storm goes on. */
    async done(investigation: Investigation): Promise<void> {
      const key = keyOf(investigation);
      const note = await ledger.read(key);
      if (note === investigation.id || toldAt(note) !== undefined)
        await ledger.settle(key, `${TOLD}${clock.now()}`, SILENCE_MS);
    },
  };
}

/** Something that happens after a while, unless it is no longer needed by then. */
export function later<T>(ms: number, act: () => Promise<T>): { done(): Promise<T | undefined> } {
  let acting: Promise<T> | undefined;
  const timer = setTimeout(() => {
    acting = act();
    // Whoever waits for the end hears of it; until then it is nobody's failure.
    acting.catch(() => undefined);
  }, ms);
  return {
    done() {
      clearTimeout(timer);
      return acting ?? Promise.resolve(undefined);
    },
  };
}

function toldAt(note: string | undefined): EpochMicros | undefined {
  return note?.startsWith(TOLD) ? Number(note.slice(TOLD.length)) : undefined;
}

function keyOf({ channel }: Investigation): string {
  return `first-word:${channel}`;
}
