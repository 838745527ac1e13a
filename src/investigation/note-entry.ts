import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Ledger } from '../ports/ledger.ts';

/** Longer than an incident lasts and a job is tried. */
export const KEEP_MS = 30 * 24 * 3_600_000;

const told = { number: z.number(), verdict: z.string(), key: z.string() };
const Entry = z.object({
  /** `intended` stands before the act: it may or may not have happened. */
  state: z.enum(['intended', 'written']),
  ...told,
  /** The note before an intended one, which stands in any case. */
  before: z.object(told).optional(),
});

/** The latest note of an investigation at one place: its number, what it says (a digest) and the key in its text. */
export type Entry = z.output<typeof Entry>;

/** Undefined where nothing was ever written. Throws a `Failure` of kind `internal` when the ledger holds something else. */
export async function readEntry(ledger: Ledger, at: string): Promise<Entry | undefined> {
  const note = await ledger.read(at);
  if (note === undefined) return undefined;
  try {
    return Entry.parse(JSON.parse(note));
  } catch (thrown) {
    throw new Failure('internal', 'The ledger holds no note where one should be.', 'Run one version of Causeway.', {
      cause: thrown,
    });
  }
}

/** Safe on disk when it resolves. */
export async function writeEntry(ledger: Ledger, at: string, entry: Entry): Promise<Entry> {
  const note = JSON.stringify(entry);
  await ledger.claim(at, note, KEEP_MS);
  await ledger.settle(at, note, KEEP_MS);
  return entry;
}
