import type { ThreadRef } from '../model/investigation.ts';
import type { Ledger } from '../ports/ledger.ts';

/** How long the ledger remembers what was said: longer than any job is tried again. */
const KEEP_MS = 30 * 24 * 3_600_000;
const INTENDED = 'intended';

/**
 * Says something once, whatever crashes in between. The intent stands in the ledger before the act; when an earlier try may
 * or may not have got through, the channel itself is asked before anything is said again.
 *
 * ```
 *   claim ── ours ───────────────→ act → settle
 *     └── not ours ─ settled ────→ its message
 *               └── intended ────→ look in the channel ─ there ──→ settle
 *                                            └── not there ──→ act → settle
 * ```
 */
export async function sayOnce(
  ledger: Ledger,
  key: string,
  channel: { look(): Promise<ThreadRef | undefined>; act(): Promise<ThreadRef> },
): Promise<ThreadRef> {
  const { ours, note } = await ledger.claim(key, INTENDED, KEEP_MS);
  if (!ours && note !== INTENDED) return parseRef(note);
  const ref = (ours ? undefined : await channel.look()) ?? (await channel.act());
  await ledger.settle(key, `${ref.channel}/${ref.ts}`, KEEP_MS);
  return ref;
}

/** Where something was said; undefined while it is not known to have been. */
export async function refSaid(ledger: Ledger, key: string): Promise<ThreadRef | undefined> {
  const note = await ledger.read(key);
  return note === undefined || note === INTENDED ? undefined : parseRef(note);
}

/** Writes a note whether the key has one or not; the last word stands. */
export async function noteDown(ledger: Ledger, key: string, note: string, keepMs: number): Promise<void> {
  await ledger.settle(key, note, keepMs);
}

function parseRef(note: string): ThreadRef {
  const slash = note.indexOf('/');
  return { channel: note.slice(0, slash), ts: note.slice(slash + 1) };
}
