import { Failure } from '../failure.ts';
import type { Investigation } from '../model/investigation.ts';

/**
 * Applies a change as `Store.update` promises: what `change` made of the current investigation, and whether it has to be
 * written. A change may neither unmake an investigation nor move it to another id.
 */
export function applied<Next extends Investigation | undefined>(
  id: string,
  current: Investigation | undefined,
  change: (current: Investigation | undefined) => Next,
): { readonly next: Next; readonly write: Investigation | undefined } {
  const next = change(current);
  const made: Investigation | undefined = next;
  if (made === undefined ? current !== undefined : made.id !== id) {
    throw new Failure(
      'internal',
      `The investigation ${id} would have been lost by a change.`,
      'This is a bug: report it.',
    );
  }
  return { next, write: made === current ? undefined : made };
}
