import type { FailureRise } from '../population/failures.ts';
import { sum, type View } from '../population/view.ts';

/** Failures that certainly became more; without a reference every failure counts. */
export function risesOf(view: View): readonly FailureRise[] {
  const compared = sum(view.sides.reference) > 0;
  return view.comparison.failures.filter((rise) => !compared || rise.weight > 0);
}

export function strengthOf(view: View, rise: FailureRise): number {
  if (sum(view.sides.reference) > 0) return Math.sqrt(rise.weight);
  return rise.fatal > 0 ? 0.8 : 0.3;
}
