import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Failure } from '../failure.ts';
import { type Case, readCases, readLabels } from '../investigation/evaluate-cases.ts';
import type { Prediction } from '../investigation/evaluate-run.ts';
import { accuracyTable, healthyTable } from '../investigation/evaluate-table.ts';

export type Evaluation = {
  /** Folder with `cases.jsonl` and, for a table, `labels.jsonl`. */
  readonly folder: string;
  /** File for the predictions, one JSON object a line, in the order of the cases. */
  readonly out?: string | undefined;
  /** First parts of the names of the cases to be answered (`set` of `set/name`); all when empty. */
  readonly sets: readonly string[];
  /** Holds halves of the healthy traces against each other instead: whoever is blamed then is blamed for nothing. */
  readonly healthy: boolean;
  progress(done: number, of: number): void;
};

/** What is told at the end: the table, if there are labels to make one of, and what could not be read. */
export type Evaluated = { readonly table: string | undefined; readonly failures: readonly string[] };

/**
 * Answers every case of a folder on all cores and writes the predictions. Labels are read afterwards, for the table only.
 * A case that cannot be read is told among the failures and stays unanswered.
 */
export async function evaluate({ folder, out, sets, healthy, progress }: Evaluation): Promise<Evaluated> {
  const cases = (await readCases(folder)).filter(
    ({ id }) => sets.length === 0 || sets.includes(id.split('/')[0] ?? ''),
  );
  if (cases.length === 0)
    throw new Failure('bad-input', 'There are no such cases.', 'Leave out --set to see them all.');
  const groups = [...Map.groupBy(cases, ({ files }) => files.join('\n')).values()];
  const { predictions, failures } = await inThreads(groups, healthy, progress);
  const place = new Map(cases.map(({ id }, index) => [id, index]));
  const ordered = predictions.toSorted((a, b) => (place.get(a.case) ?? 0) - (place.get(b.case) ?? 0));
  if (out !== undefined) await writeFile(out, ordered.map((one) => `${JSON.stringify(one)}\n`).join(''));
  if (healthy) return { table: healthyTable(ordered), failures };
  const labels = (await readLabels(folder))?.filter((label) => place.has(label.case));
  return { table: labels === undefined ? undefined : accuracyTable(labels, ordered), failures };
}

/** A thread a core; each takes the next group when it is done with the one before. */
async function inThreads(groups: readonly (readonly Case[])[], healthy: boolean, progress: Evaluation['progress']) {
  const predictions: Prediction[] = [];
  const failures: string[] = [];
  const total = groups.reduce((sum, group) => sum + group.length, 0);
  let next = 0;
  let done = 0;
  const takeTurns = async () => {
    const worker = new Worker(new URL('./evaluate-worker.ts', import.meta.url));
    try {
      for (let group = groups[next++]; group !== undefined; group = groups[next++]) {
        const answered = once(worker, 'message');
        worker.postMessage({ cases: group, healthy });
        const [answer]: readonly unknown[] = await answered;
        if (hasPredictions(answer)) predictions.push(...answer.predictions);
        else failures.push(`${group[0]?.id ?? ''}: ${whyNot(answer)}`);
        done += group.length;
        progress(done, total);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), groups.length) }, takeTurns));
  return { predictions, failures: failures.sort() };
}

type Answer = { readonly predictions: readonly Prediction[] };

/** Our own thread speaks our own language; the guard is for the compiler. */
const hasPredictions = (told: unknown): told is Answer =>
  typeof told === 'object' && told !== null && 'predictions' in told;

const whyNot = (told: unknown): string =>
  typeof told === 'object' && told !== null && 'failure' in told ? String(told.failure) : 'no answer';
