import type { Flapping } from '../model/investigation.ts';
import { type EpochMicros, MINUTE, type Micros } from '../model/units.ts';

/** So many fires, each after an end, within so long make an alert one that flaps … */
const FIRES = 4;
const WITHIN: Micros = 20 * MINUTE;
/** … until it has not fired for so long. */
const QUIET: Micros = 20 * MINUTE;

/**
 * Whether an alert that fired at these times flaps at the last of them. The first fires are looked at; from the fourth on
 * the same traces would be read again for the same answer.
 *
 * ```
 *   fires   │  │ │   │  │  │        quiet        │
 *   looks   ✓  ✓ ✓   –  –  –                     ✓
 * ```
 */
export function flappingOf(fires: readonly EpochMicros[]): Flapping | undefined {
  let run: EpochMicros[] = [];
  let flaps = false;
  for (const at of fires.toSorted((a, b) => a - b)) {
    const before = run.at(-1);
    if (before !== undefined && at - before >= QUIET) {
      run = [];
      flaps = false;
    }
    run.push(at);
    const first = run.at(-FIRES);
    flaps ||= first !== undefined && at - first <= WITHIN;
  }
  const [begin = 0] = run;
  return flaps ? { times: run.length, during: (run.at(-1) ?? 0) - begin } : undefined;
}
