import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Evaluated, evaluate } from './compose/evaluate.ts';
import { investigateFile } from './compose/investigate-file.ts';
import { Failure } from './failure.ts';

const HELP = `causeway: reads the traces and says what broke, with evidence

  causeway start                      the bot; see README.md
  causeway investigate FILE           what broke in the traces of a file
      --baseline FILE                 healthy traces to hold them against
      --png OUT                       also draws the most telling trace
      --json                          the verdict for machines
  causeway evaluate DIR               how often it is right on labelled traces (cases.jsonl, labels.jsonl)
      --out FILE                      also writes the predictions, one a line
      --set NAME                      only these cases; may be repeated
      --healthy                       how often it blames somebody for nothing: halves of the healthy traces compared

FILE is OTLP JSON, Jaeger, Zipkin or Tempo JSON, plain or gzip.
`;

/** The command line; resolves to the exit code. */
export async function run(words: readonly string[]): Promise<number> {
  try {
    const { positionals, values } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        baseline: { type: 'string' },
        png: { type: 'string' },
        json: { type: 'boolean' },
        out: { type: 'string' },
        set: { type: 'string', multiple: true },
        healthy: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const [command, file, ...more] = positionals;
    if (values.help || command === undefined || command === 'help') {
      process.stdout.write(HELP);
      return 0;
    }
    if (command === 'evaluate') {
      if (file === undefined || more.length > 0)
        throw new Failure(
          'bad-input',
          'evaluate takes one folder.',
          'For example: causeway evaluate cases --out predictions.jsonl',
        );
      const { out, set: sets = [], healthy = false } = values;
      return tell(await evaluate({ folder: file, out, sets, healthy, progress: drawBar }));
    }
    if (command !== 'investigate')
      throw new Failure('bad-input', `There is no command ${command}.`, 'causeway --help lists them.');
    if (file === undefined || more.length > 0)
      throw new Failure(
        'bad-input',
        'investigate takes one file.',
        'For example: causeway investigate incident.json --baseline healthy.json',
      );
    const answer = await investigateFile(file, values.baseline);
    process.stdout.write(values.json ? `${JSON.stringify(answer.json(), undefined, 2)}\n` : answer.text());
    if (values.png !== undefined) await writeFile(values.png, await answer.png());
    return 0;
  } catch (thrown) {
    const failure = Failure.from(
      isUsage(thrown) ? new Failure('bad-input', thrown.message, 'causeway --help lists what there is.') : thrown,
    );
    process.stderr.write(`${failure.message}\n${failure.hint}\n`);
    return failure.kind === 'bad-input' ? 2 : 1;
  }
}

/** A bar that grows in place; a log that cannot go back gets nothing. */
function drawBar(done: number, of: number): void {
  if (!process.stderr.isTTY) return;
  const filled = Math.round((30 * done) / of);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(30 - filled)}`;
  process.stderr.write(`\r${bar} ${done} of ${of}${done === of ? '\n' : ''}`);
}

function tell({ table, failures }: Evaluated): number {
  for (const failure of failures) process.stderr.write(`${failure}\n`);
  process.stdout.write(table ?? 'There are no labels to compare with.\n');
  return failures.length === 0 ? 0 : 1;
}

/** What `parseArgs` throws for words that it does not know. */
function isUsage(thrown: unknown): thrown is Error {
  return thrown instanceof TypeError && 'code' in thrown && String(thrown.code).startsWith('ERR_PARSE_ARGS');
}
