/**
 * Time to analyse the windows of public cases once their tables are made: `node bench/cases.ts DIR [SET]`, DIR as for
 * `evaluate`, SET the beginning of the cases' names. All cases of a set are analysed one after another, and that four times:
 * in the first round the compiler meets most code for the first time, as in a bot that was just started.
 */
import { analyse } from '../src/investigation/analyse.ts';
import { readCases } from '../src/investigation/evaluate-cases.ts';
import { type FromFiles, readFiles } from '../src/investigation/from-files.ts';
import { median, sorted } from '../src/population/statistics.ts';
import { Stopwatch } from './stopwatch.ts';

const ROUNDS = 4;

const [folder = 'data', set = ''] = process.argv.slice(2);
const inputs: FromFiles[] = [];
for (const { id, asked, files } of await readCases(folder)) {
  const [healthy, sick] = files;
  if (asked.kind !== 'windows' || !id.startsWith(set) || sick === undefined) continue;
  inputs.push(await readFiles(sick, healthy, new AbortController().signal));
}
const spans = inputs.reduce((sum, { table }) => sum + table.size, 0);
console.log(`${inputs.length} cases of ${Math.round(spans / inputs.length)} spans; medians, in brackets of processor`);
for (let round = 1; round <= ROUNDS; round++) {
  const watches = inputs.map((input) => {
    const watch = new Stopwatch();
    watch.run(() => analyse(input));
    return watch;
  });
  const middle = (of: (watch: Stopwatch) => number) => median(sorted(watches.map(of))).toFixed(0);
  console.log(`round ${round}: ${middle((watch) => watch.wall)} ms (${middle((watch) => watch.cpu)})`);
}
