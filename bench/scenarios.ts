/**
 * How often the five incidents are recognised, and how often what only looks alike is blamed:
 * `node bench/scenarios.ts [SEEDS] [--only TEXT] [--json FILE] [--first SEED] [--tell]`.
 * Every row is analysed for each seed; a seed has services, languages, times and habits of its own. All cores work on it.
 * `--tell` lists the answers that were not right.
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { wilson } from '../src/population/statistics.ts';
import { type Answer, answer, keyOf, ROWS, type Row } from './scenarios/answer.ts';
import { MARKS } from './scenarios/judge.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    first: { type: 'string', default: '1' },
    tell: { type: 'boolean', default: false },
  },
});
const seeds = Number(positionals[0] ?? 200);
const first = Number(values.first);
const rows = ROWS.filter((row) => `${row.kind} ${keyOf(row)}`.includes(values.only));

if (process.send === undefined) await conduct();
else work();

/** In a child: answers the seeds of its turn and hands them over row by row. */
function work(): void {
  process.on('message', ({ turn, of }: { turn: number; of: number }) => {
    for (const row of rows) {
      const answers: Answer[] = [];
      for (let seed = first + turn; seed < first + seeds; seed += of) answers.push(answer(row, seed));
      process.send?.(answers);
    }
    process.disconnect();
  });
}

async function conduct(): Promise<void> {
  const began = Date.now();
  const workers = Math.min(availableParallelism(), seeds);
  const answers: Answer[] = [];
  await Promise.all(
    Array.from({ length: workers }, (_, turn) => {
      const child = fork(import.meta.filename, process.argv.slice(2));
      child.on('message', (some: readonly Answer[]) => {
        answers.push(...some);
        if (process.stderr.isTTY) process.stderr.write(`\r${answers.length} of ${rows.length * seeds} `);
      });
      child.send({ turn, of: workers });
      return new Promise<void>((resolve, reject) =>
        child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`A worker ended with ${code}`)))),
      );
    }),
  );
  const byRow = Map.groupBy(answers, ({ row }) => row);
  const table = rows.map((row) => summarise(row, byRow.get(keyOf(row)) ?? []));
  print(table);
  if (values.tell) {
    for (const { row, seed, mark, verdict, said } of answers.toSorted((a, b) => a.seed - b.seed))
      if (mark !== 'right') console.log(`${mark} ${row} seed ${seed}: ${verdict} ${said}`);
  }
  console.log(`\n${answers.length} analyses, ${seeds} seeds a row, ${Math.round((Date.now() - began) / 1_000)} s`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ seeds, first, table, answers })}\n`);
}

type Summary = ReturnType<typeof summarise>;

function summarise({ scenario, kind, name }: Row, answers: readonly Answer[]) {
  const count = (mark: Answer['mark']) => answers.filter((one) => one.mark === mark).length;
  const sure = answers.filter(({ confidence }) => confidence === 'high');
  return {
    scenario,
    kind,
    name,
    of: answers.length,
    ...(Object.fromEntries(MARKS.map((mark) => [mark, count(mark)])) as Record<Answer['mark'], number>),
    interval: wilson(count('right'), answers.length, 1.96),
    named: answers.filter(({ verdict }) => verdict === 'cause').length,
    sure: sure.length,
    sureAndWrong: sure.filter(({ mark }) => mark === 'wrong').length,
  };
}

function print(table: readonly Summary[]): void {
  const width = table.reduce((most, { name }) => Math.max(most, name.length), 0);
  let scenario = '';
  for (const row of table) {
    if (row.scenario !== scenario) {
      scenario = row.scenario;
      console.log(`\n${scenario.padEnd(width + 12)}  ${MARKS.join('  ')}  right, 95 %   cause   sure, wrong`);
    }
    const marks = MARKS.map((mark) => String(row[mark]).padStart(mark.length)).join('  ');
    const percent = (value: number) => (100 * value).toFixed(value === 1 ? 0 : 1);
    const interval = `${percent(row.interval.low)}-${percent(row.interval.high)}`;
    const line = `${row.kind.padEnd(10)}  ${row.name.padEnd(width)}  ${marks}  ${interval.padStart(11)}`;
    console.log(`${line}  ${String(row.named).padStart(6)}  ${String(row.sure).padStart(5)}, ${row.sureAndWrong}`);
  }
  for (const kind of ['positive', 'negative', 'degraded'] as const) {
    const some = table.filter((row) => row.kind === kind);
    const sum = (mark: Answer['mark']) => some.reduce((all, row) => all + row[mark], 0);
    const of = some.reduce((all, row) => all + row.of, 0);
    if (of === 0) continue;
    const shares = MARKS.map((mark) => `${mark} ${((100 * sum(mark)) / of).toFixed(1)} %`);
    console.log(`${kind === 'positive' ? '\n' : ''}${kind.padEnd(10)} ${of} answers: ${shares.join(', ')}`);
  }
}
