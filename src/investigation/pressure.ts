import { Failure } from '../failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobQueue } from '../ports/job-queue.ts';

/** Alerts on their way to disk in this process: beyond the first number repeats are turned away, beyond the second all. */
const SHED_BEYOND = 1_000;
const REFUSE_BEYOND = 5_000;
/** Jobs that wait: beyond this many no card is edited for the sake of a counter. */
const BEHIND_BEYOND = 500;
/** How long a look at the queue is good for. */
const LOOK_US = 1_000_000;

/**
 * How much more than it can do is asked of the bot. What is shed first is what says nothing new: an alert that is known and
 * fires still is refused, for its sender to say again, while there is room left for one that nobody has heard of.
 */
export function createPressure({ queue, clock }: { readonly queue: JobQueue; readonly clock: Clock }) {
  let underWay = 0;
  let waiting = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;

  return {
    async during<T>(work: () => Promise<T>): Promise<T> {
      if (underWay >= REFUSE_BEYOND) throw tooMuch('More alerts come than can be written down.');
      underWay += 1;
      try {
        return await work();
      } finally {
        underWay -= 1;
      }
    },
    /** Called before something is written that says nothing new. */
    shed(): void {
      if (underWay > SHED_BEYOND) throw tooMuch('So many alerts come that repeats have to wait.');
    },
    isBehind(): boolean {
      const now = clock.now();
      if (now - lookedAt > LOOK_US) {
        lookedAt = now;
        void queue.depth().then(
          (depth) => {
            waiting = depth.waiting;
          },
          // A queue that does not answer is told of by whoever adds to it.
          () => undefined,
        );
      }
      return waiting > BEHIND_BEYOND;
    },
  };
}

function tooMuch(message: string): Failure {
  return new Failure('busy', message, 'Send it again in a moment.', { retryAfter: 2 });
}
