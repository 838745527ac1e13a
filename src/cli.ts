import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { CommandAnswer } from './compose/command-answer.ts';
import { examine } from './compose/doctor.ts';
import { type Evaluated, evaluate } from './compose/evaluate.ts';
import { investigateFile } from './compose/investigate-file.ts';
import { investigateLive } from './compose/investigate-live.ts';
import { progressBar, stepsShown } from './compose/terminal-progress.ts';
import { Failure } from './failure.ts';

const HELP = `causeway: reads the traces and says what broke, with evidence

  causeway start                      the bot; see README.md
  causeway doctor                     what of the configuration works, and what to do about the rest
      --json                          the same for machines
  causeway investigate --service NAME what broke in a service, asked of the backend in causeway.yml
      --from T --to T                 -30m, -2h, now or an ISO time; by default the last half hour
      --operation NAME                only this operation
  causeway investigate --trace ID     what happened in one trace; any form of id, or a link
      --backend KIND --url URL        another backend than the one in causeway.yml
      --option NAME=VALUE             more for that backend, as database=otel; may be repeated
  causeway investigate FILE           what broke in the traces of a file
      --baseline FILE                 healthy traces to hold them against
  and for each of the three
      --png OUT                       also draws the most telling trace
      --json                          the verdict for machines
  causeway evaluate DIR               how often it is right on labelled traces (cases.jsonl, labels.jsonl)
      --out FILE                      also writes the predictions, one a line
      --set NAME                      only these cases; may be repeated
      --healthy                       how often it blames somebody for nothing: halves of the healthy traces compared

FILE is OTLP JSON, Jaeger, Zipkin or Tempo JSON, plain or gzip.
`;

const OPTIONS = {
  baseline: { type: 'string' },
  png: { type: 'string' },
  json: { type: 'boolean' },
  service: { type: 'string' },
  operation: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  trace: { type: 'string' },
  backend: { type: 'string' },
  url: { type: 'string' },
  option: { type: 'string', multiple: true },
  out: { type: 'string' },
  set: { type: 'string', multiple: true },
  healthy: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parse>['values'];

/** Options that ask a live backend and mean nothing to a file. */
const LIVE = ['service', 'operation', 'from', 'to', 'trace', 'backend', 'url', 'option'] as const;

/** The command line; resolves to the exit code. */
export async function run(words: readonly string[]): Promise<number> {
  // Whoever reads only the beginning (`| head`) has had enough, which is no failure.
  process.stdout.on('error', () => process.exit(0));
  try {
    const { positionals, values } = parse(words);
    const [command, ...operands] = positionals;
    if (values.help === true || command === undefined || command === 'help') {
      process.stdout.write(HELP);
      return 0;
    }
    switch (command) {
      case 'investigate':
        return await investigate(operands, values);
      case 'evaluate':
        return await measure(operands, values);
      case 'doctor':
        if (operands.length > 0) throw new Failure('bad-input', 'doctor takes nothing but --json.', 'causeway doctor');
        return await examine({ json: values.json === true, print: (text) => process.stdout.write(text) });
      default:
        throw new Failure('bad-input', `There is no command ${command}.`, 'causeway --help lists them.');
    }
  } catch (thrown) {
    const failure = Failure.from(
      isUsage(thrown) ? new Failure('bad-input', thrown.message, 'causeway --help lists what there is.') : thrown,
    );
    process.stderr.write(`${failure.message}\n${failure.hint}\n`);
    return failure.kind === 'bad-input' ? 2 : 1;
  }
}

function parse(words: readonly string[]) {
  // `--from -30m` is a flag with its value, which the parser takes for two flags unless they are one word.
  const joined: string[] = [];
  for (const word of words) {
    const before = joined.at(-1);
    if ((before === '--from' || before === '--to') && word.startsWith('-'))
      joined[joined.length - 1] = `${before}=${word}`;
    else joined.push(word);
  }
  return parseArgs({ args: joined, allowPositionals: true, options: OPTIONS });
}

async function investigate(files: readonly string[], values: Values): Promise<number> {
  const tell = async (answer: CommandAnswer): Promise<void> => {
    process.stdout.write(values.json === true ? `${JSON.stringify(answer.json(), undefined, 2)}\n` : answer.text());
    if (values.png !== undefined) await writeFile(values.png, await answer.png());
  };
  const live = LIVE.find((name) => values[name] !== undefined);
  const [file] = files;
  if (files.length > 1 || (file === undefined && live === undefined))
    throw new Failure(
      'bad-input',
      'investigate takes one file, or --service, or --trace.',
      'For example: causeway investigate --service checkout --from -30m',
    );
  if (file !== undefined) {
    if (live !== undefined)
      throw new Failure('bad-input', `--${live} asks a live backend, not a file.`, `Leave out --${live} or the file.`);
    await tell(await investigateFile(file, values.baseline));
    return 0;
  }
  if (values.baseline !== undefined)
    throw new Failure('bad-input', '--baseline belongs to a file.', 'A live backend finds its own baseline.');
  const steps = stepsShown(process.stderr);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new Failure('refused', 'Stopped.', 'Every request under way was cut.'));
  process.once('SIGINT', interrupt);
  try {
    await investigateLive(values, steps.show, interrupted.signal, async (answer) => {
      steps.end();
      await tell(answer);
    });
    return 0;
  } finally {
    steps.end();
    process.off('SIGINT', interrupt);
  }
}

async function measure([folder, ...more]: readonly string[], values: Values): Promise<number> {
  if (folder === undefined || more.length > 0)
    throw new Failure(
      'bad-input',
      'evaluate takes one folder.',
      'For example: causeway evaluate cases --out predictions.jsonl',
    );
  const { out, set: sets = [], healthy = false } = values;
  const evaluated = await evaluate({ folder, out, sets, healthy, progress: progressBar(process.stderr) });
  return told(evaluated);
}

function told({ table, failures }: Evaluated): number {
  for (const failure of failures) process.stderr.write(`${failure}\n`);
  process.stdout.write(table ?? 'There are no labels to compare with.\n');
  return failures.length === 0 ? 0 : 1;
}

/** What `parseArgs` throws for words that it does not know. */
function isUsage(thrown: unknown): thrown is Error {
  return thrown instanceof TypeError && 'code' in thrown && String(thrown.code).startsWith('ERR_PARSE_ARGS');
}
