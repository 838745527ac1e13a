import { z } from 'zod';

/** The senders whose alerts a place takes notes for, by the names that they have under `alerts`. */
export function senders(...fallback: readonly string[]) {
  return z
    .array(z.string().min(1))
    .min(1)
    .default(() => [...fallback]);
}
