import { STRICT_Z, wilson } from '../population/statistics.ts';
import type { Label } from './evaluate-cases.ts';
import type { Prediction } from './evaluate-run.ts';

/** A prediction with what it should have been. */
type Scored = {
  readonly set: string;
  readonly faultType: string;
  /** Place of the worst-placed faulty service in the ranking, from 1; infinite when one is missing. */
  readonly place: number;
  /** Number of faulty services: a right answer has them all in front. */
  readonly faults: number;
  readonly prediction: Prediction | undefined;
};

/**
 * Right answers by set, with Wilson's 95 % intervals, as text. A missing answer is a miss; sets are never added up, because
 * they are of different difficulty and size.
 *
 * `first`: all faulty services at the front · `top 3`, `top 5`: within the first three or five, one more for every further
 * fault · `MRR`: one over the place of the worst-placed, counted from where it should be · `named`: of those, how many the verdict named as cause or suspect · `sure`:
 * verdicts of high confidence, and how many of them accused somebody else.
 */
export function accuracyTable(labels: readonly Label[], predictions: readonly Prediction[]): string {
  const byCase = new Map(predictions.map((prediction) => [prediction.case, prediction]));
  const scored = labels.map((label) => score(label, byCase.get(label.case)));
  const groups = Map.groupBy(
    scored.flatMap((one) => [
      { name: one.set, one },
      { name: `${one.set}  ${one.faultType}`, one },
    ]),
    ({ name }) => name,
  );
  const rows = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, members]) => row(name, members));
  return asText([['set', 'cases', 'first', '', 'top 3', 'top 5', 'MRR', 'named', 'sure', 'ms'], ...rows]);
}

function score(label: Label, prediction: Prediction | undefined): Scored {
  const ranked = [...new Set(prediction?.ranked ?? [])];
  const places = label.services.map((service) => {
    const index = ranked.indexOf(service);
    return index < 0 ? Number.POSITIVE_INFINITY : index + 1;
  });
  const { set, faultType, services } = label;
  return { set, faultType, faults: services.length, place: Math.max(...places), prediction };
}

function row(name: string, members: readonly { readonly one: Scored }[]): readonly string[] {
  const all = members.map(({ one }) => one);
  const within = (beyond: number) => all.filter(({ place, faults }) => place <= faults + beyond);
  const right = within(0);
  const named = right.filter(({ prediction }) => prediction !== undefined && prediction.kind !== 'cannot-tell');
  const sure = all.filter(({ prediction }) => prediction?.kind === 'cause' && prediction.confidence === 'high');
  const wrong = sure.filter(({ place, faults }) => place > faults);
  const reciprocal = all.reduce((sum, { place, faults }) => sum + 1 / Math.max(1, place - faults + 1), 0);
  return [
    name,
    String(all.length),
    percent(right.length, all.length),
    interval(right.length, all.length),
    percent(within(2).length, all.length),
    percent(within(4).length, all.length),
    (reciprocal / all.length).toFixed(3),
    `${named.length}/${right.length}`,
    `${sure.length}, wrong ${wrong.length}`,
    meanMs(all.flatMap(({ prediction }) => prediction ?? [])),
  ];
}

/** How often somebody was blamed although nothing was wrong, by set and kind of cut. */
export function healthyTable(predictions: readonly Prediction[]): string {
  const groups = Map.groupBy(
    predictions.flatMap((one) => {
      const set = one.case.split('/')[0] ?? one.case;
      return [
        { name: set, one },
        { name: `${set}  by ${one.halves?.split(',')[0] ?? '?'}`, one },
      ];
    }),
    ({ name }) => name,
  );
  const rows = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, members]) => {
      const all = members.map(({ one }) => one);
      const causes = all.filter(({ kind }) => kind === 'cause').length;
      const suspects = all.filter(({ kind }) => kind === 'suspect').length;
      const sure = all.filter(({ kind, confidence }) => kind === 'cause' && confidence === 'high').length;
      return [
        name,
        String(all.length),
        percent(causes, all.length),
        interval(causes, all.length),
        percent(sure, all.length),
        percent(suspects, all.length),
        meanMs(all),
      ];
    });
  return asText([['halves of the healthy', 'compared', 'a cause', '', 'surely', 'a suspect', 'ms'], ...rows]);
}

const percent = (k: number, n: number): string => (n === 0 ? '-' : `${((100 * k) / n).toFixed(1)} %`);

function interval(k: number, n: number): string {
  const { low, high } = wilson(k, n, STRICT_Z);
  return `${(100 * low).toFixed(0)}-${(100 * high).toFixed(0)}`;
}

const meanMs = (all: readonly Prediction[]): string =>
  all.length === 0 ? '-' : (all.reduce((sum, { ms }) => sum + ms, 0) / all.length).toFixed(1);

/** Columns of equal width, the first to the left. */
function asText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
