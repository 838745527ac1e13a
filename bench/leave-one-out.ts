/**
 * Are the constants fitted to the cases? `node bench/leave-one-out.ts FOLDER` answers the labelled cases of two windows once
 * as they are and once for each constant moved down or up (in a copy of the sources), then chooses the best setting on all
 * sets but one and shows what it gives on the one left out, beside the plain setting. Takes a quarter of an hour.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readLabels } from '../src/investigation/evaluate-cases.ts';
import type { Prediction } from '../src/investigation/evaluate-run.ts';

type Variant = { readonly name: string; readonly file?: string; readonly constant?: string; readonly value?: string };

const MOVED: readonly (readonly [file: string, constant: string, low: string, high: string])[] = [
  ['investigation/analyse-gaps.ts', 'FLOOR', '0.08', '0.18'],
  ['investigation/analyse-verdict.ts', 'BEYOND_NOISE', '1', '1.5'],
  ['investigation/analyse-chance.ts', 'SUSPECT_CHANCE', '0.05', '0.3'],
  ['investigation/analyse-chance.ts', 'CAUSE_CHANCE', '0.003', '0.03'],
  ['population/contribution.ts', 'PREVALENCE_POWER', '0.05', '0.4'],
  ['population/ownership.ts', 'SIDE_PRIOR', '1.1', '1.5'],
  ['population/suspicion.ts', 'EXPLAINED_AWAY', '0.5', '1'],
  ['population/latency.ts', 'SCALE', 'Math.log(2)', 'Math.log(5)'],
];
const VARIANTS: readonly Variant[] = [
  { name: 'plain' },
  ...MOVED.flatMap(([file, constant, ...values]) =>
    values.map((value) => ({ name: `${constant} = ${value}`, file, constant, value })),
  ),
];

const folder = resolve(process.argv[2] ?? '');
const labels = new Map((await readLabels(folder))?.map((label) => [label.case, label]));
const sets = ['online-boutique', 'train-ticket', 'train-ticket-events'];
/** The sources as they are now: they may change while this runs. */
const origin = copyOf(resolve(import.meta.dirname, '..'));

function copyOf(from: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'constants-'));
  for (const part of ['src', 'templates', 'package.json'])
    cpSync(join(from, part), join(copy, part), { recursive: true });
  symlinkSync(realpathSync(join(from, 'node_modules')), join(copy, 'node_modules'));
  return copy;
}

/** Of one set: right answers, those of them that were named, and healthy halves in which a cause was named. */
type Result = { right: number; named: number; of: number; blamed: number; halves: number };

function answers(copy: string, healthy: boolean): readonly Prediction[] {
  const out = join(copy, 'out.jsonl');
  const words = ['src/causeway.mjs', 'evaluate', folder, '--out', out, ...sets.flatMap((set) => ['--set', set])];
  const run = spawnSync(process.execPath, [...words, ...(healthy ? ['--healthy'] : [])], { cwd: copy });
  if (run.status !== 0) throw new Error(String(run.stderr));
  return readFileSync(out, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function measure({ file, constant, value }: Variant): ReadonlyMap<string, Result> {
  const copy = copyOf(origin);
  try {
    if (file !== undefined) {
      const path = join(copy, 'src', file);
      const before = readFileSync(path, 'utf8');
      const after = before.replace(new RegExp(`^((?:export )?const ${constant}) = .*;$`, 'm'), `$1 = ${value};`);
      if (after === before) throw new Error(`There is no constant ${constant} in ${file}`);
      writeFileSync(path, after);
    }
    const results = new Map(sets.map((set) => [set, { right: 0, named: 0, of: 0, blamed: 0, halves: 0 }]));
    for (const { case: id, ranked, kind } of answers(copy, false)) {
      const result = results.get(id.split('/')[0] ?? '');
      const label = labels.get(id);
      if (result === undefined || label === undefined) continue;
      result.of++;
      if (!label.services.includes(ranked[0] ?? '')) continue;
      result.right++;
      if (kind !== 'cannot-tell') result.named++;
    }
    for (const { case: id, kind } of answers(copy, true)) {
      const result = results.get(id.split('/')[0] ?? '');
      if (result === undefined) continue;
      result.halves++;
      if (kind === 'cause') result.blamed++;
    }
    return results;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

const told = ({ right, named, of, blamed, halves }: Result) =>
  `${right}/${of} first, ${named} named, ${((100 * blamed) / halves).toFixed(1)} % of healthy blamed`;

const measured = VARIANTS.map((variant) => {
  const results = measure(variant);
  console.log(`${variant.name.padEnd(26)} ${sets.map((set) => told(results.get(set) ?? fail(set))).join(' | ')}`);
  return { variant, results };
});

/** Right answers first, then named ones, then silence on the healthy; the plain setting wins a tie. */
function worth(results: ReadonlyMap<string, Result>, others: readonly string[]): number {
  return others.reduce((sum, set) => {
    const { right, named, of, blamed, halves } = results.get(set) ?? fail(set);
    return sum + (right + named / 2) / of - (2 * blamed) / halves;
  }, 0);
}

function fail(set: string): never {
  throw new Error(`The set ${set} was not answered`);
}

for (const left of sets) {
  const others = sets.filter((set) => set !== left);
  const [best] = measured.toSorted((a, b) => worth(b.results, others) - worth(a.results, others));
  const plain = measured[0]?.results.get(left) ?? fail(left);
  const chosen = best?.results.get(left) ?? fail(left);
  console.log(
    `\n${left} left out: the others choose ${best?.variant.name}\n  there ${told(chosen)}\n  plain ${told(plain)}`,
  );
}
rmSync(origin, { recursive: true });
