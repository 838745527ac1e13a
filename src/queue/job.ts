import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { QueuedJob } from '../ports/job-queue.ts';

/** How often a job is tried in all. */
export const ATTEMPTS = 5;
/** How many dead jobs are kept for people to look at. */
export const DEAD_LIMIT = 1_000;

/** Waits between attempts: the first, and by how much each next one is longer. */
export type Backoff = { readonly firstMs: number; readonly factor: number };
/** 2 s, 8 s, 32 s, 128 s: beyond a chat's or a backend's short outage, and still of use to who is paged. */
export const defaultBackoff: Backoff = { firstMs: 2_000, factor: 4 };

/**
 * Milliseconds from the failed attempt `number` (1, 2, …) to the next: exponential, off by up to a quarter either way so
 * that jobs which failed together do not come back together, and never sooner than the other side asked for.
 */
export function backoffMs(backoff: Backoff, number: number, thrown: unknown, random: number): number {
  const plain = backoff.firstMs * backoff.factor ** (number - 1);
  const asked = thrown instanceof Failure ? (thrown.retryAfter ?? 0) * 1_000 : 0;
  return Math.max(Math.round(plain * (0.75 + random / 2)), asked);
}

const thread = z.object({ channel: z.string(), ts: z.string() });
const question = z.object({ thread, text: z.string(), by: z.string(), key: z.string(), addressed: z.boolean() });
const common = { traceparent: z.string().optional() };

/** A job as it lies in a queue. Unknown members are kept: a newer process of the same deployment may have put them there. */
const queuedJob: z.ZodType<QueuedJob> = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('investigate'), investigation: z.string(), ...common }),
  z.looseObject({ kind: z.literal('recheck'), investigation: z.string(), round: z.number(), ...common }),
  z.looseObject({ kind: z.literal('close'), investigation: z.string(), ...common }),
  z.looseObject({ kind: z.literal('late-spans'), investigation: z.string(), answeredAt: z.number(), ...common }),
  z.looseObject({ kind: z.literal('refresh'), investigation: z.string(), ...common }),
  z.looseObject({ kind: z.literal('tell-now'), investigation: z.string(), ...common }),
  z.looseObject({ kind: z.literal('digest'), channel: z.string(), until: z.number(), ...common }),
  z.looseObject({ kind: z.literal('overflow'), channel: z.string(), hour: z.number(), ...common }),
  z.looseObject({
    kind: z.literal('note'),
    investigation: z.string(),
    round: z.number(),
    beside: z
      .looseObject({ source: z.string(), id: z.string(), title: z.string(), url: z.string().optional() })
      .optional(),
    ...common,
  }),
  z.looseObject({ kind: z.literal('answer'), question, ...common }),
]);

/** Checks what came back from a queue; a `Failure` when it is no job that this version knows. */
export function jobFrom(value: unknown): QueuedJob {
  const result = queuedJob.safeParse(value);
  if (result.success) return result.data;
  throw new Failure(
    'unsupported',
    'A job in the queue is not one that this version knows.',
    'Run one version of Causeway on all workers of a queue.',
    { cause: result.error },
  );
}

/** Reads the text that `JSON.stringify` of a job gave. */
export function parseJob(payload: string): QueuedJob {
  try {
    return jobFrom(JSON.parse(payload));
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    throw new Failure('internal', 'A job in the queue is damaged.', 'Look at the disk under CAUSEWAY_DATA.', {
      cause: thrown,
    });
  }
}
