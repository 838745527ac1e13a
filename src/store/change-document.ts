import { z } from 'zod';
import { CHANGE_KINDS, type Change } from '../model/change.ts';

/** How long a change is of use, and how many are kept at most. */
export type ChangeRetention = { readonly keepMs: number; readonly changes: number };
export const changeRetention: ChangeRetention = { keepMs: 14 * 24 * 3_600_000, changes: 20_000 };

const text = z.string();
const change: z.ZodType<Change> = z.looseObject({
  id: text,
  kind: z.enum(CHANGE_KINDS),
  at: z.number(),
  title: text,
  service: text.optional(),
  version: text.optional(),
  environment: text.optional(),
  link: text.optional(),
  by: text.optional(),
});

export function writeChange(of: Change): string {
  return JSON.stringify(of);
}

/** The changes that can be read. One that is damaged, or of a newer version, is left out: context that is missing misleads nobody. */
export function readChanges(documents: readonly string[]): readonly Change[] {
  return documents.flatMap((document) => {
    try {
      const read = change.safeParse(JSON.parse(document));
      return read.success ? [read.data] : [];
    } catch {
      return [];
    }
  });
}
