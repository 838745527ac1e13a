/** At most so many are offered. */
const OFFERED = 3;
/** Longer names are not compared letter by letter. */
const LONGEST = 200;

/**
 * The names that somebody may have meant, nearest first: those that contain the asked one or are contained in it, and those
 * that a few slips of the finger lead to (Damerau and Levenshtein, a third of the letters at most). Case does not count.
 */
export function nearestNames(asked: string, known: readonly string[]): readonly string[] {
  const wanted = asked.toLowerCase().slice(0, LONGEST);
  return known
    .map((name) => ({ name, distance: distanceTo(wanted, name.toLowerCase().slice(0, LONGEST)) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(wanted.length / 3)))
    .toSorted((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, OFFERED)
    .map(({ name }) => name);
}

function distanceTo(wanted: string, name: string): number {
  if (name.length >= 3 && wanted.length >= 3 && (name.includes(wanted) || wanted.includes(name))) return 1;
  return slips(wanted, name);
}

/** Letters to add, drop, change or swap with their neighbour (optimal string alignment). */
function slips(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}
