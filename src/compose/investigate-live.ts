import { parse as parseYaml } from 'yaml';
import { backends } from '../backends/index.ts';
import { type Config, readConfig } from '../config.ts';
import { Failure } from '../failure.ts';
import { traceNamedIn } from '../formats/trace-links.ts';
import type { WindowQuestion } from '../investigation/aim.ts';
import { analyse } from '../investigation/analyse.ts';
import type { FromFiles } from '../investigation/from-files.ts';
import { gatherForWindow } from '../investigation/gather.ts';
import { gatherForTrace } from '../investigation/gather-trace.ts';
import { analystOnThisThread } from '../investigation/study.ts';
import type { SpanRecord } from '../model/span.ts';
import type { TraceId } from '../model/units.ts';
import type { Analyst } from '../ports/analyst.ts';
import { systemClock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import { type CommandAnswer, commandAnswer } from './command-answer.ts';
import { momentOf } from './moments.ts';
import { openTraces, placesOf, type Traces } from './traces.ts';
import { type Step, watched } from './watched.ts';

/** What a person at a command line asks a live backend about. */
export type LiveQuestion = { readonly traceId: TraceId } | WindowQuestion;

/** The flags of `causeway investigate` that ask a live backend. */
export type LiveFlags = {
  readonly trace?: string | undefined;
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Instead of the configured backend. */
  readonly backend?: string | undefined;
  readonly url?: string | undefined;
  /** Further options of that backend as in its YAML: `database=otel`, `auth={kind: bearer-file, tokenFile: t}`. */
  readonly option?: readonly string[] | undefined;
};

/** By default the last half hour. */
const SPAN = '-30m';

/**
 * Asks the configured backend, or the one that the flags name, what broke, in the way the bot asks, and hands the answer to
 * `tell`, which may still ask for the picture; then every connection and file is closed. Throws a `Failure` for flags that do
 * not go together, a service that nobody is called like, a backend that does not answer.
 */
export async function investigateLive(
  flags: LiveFlags,
  progress: (step: Step, backend: string) => void,
  signal: AbortSignal,
  tell: (answer: CommandAnswer) => Promise<void>,
): Promise<void> {
  const question = questionOf(flags, systemClock.now());
  const { backend, close } = await openBackend(flags);
  try {
    const { analyst, analysed } = openAnalyst();
    const asked = watched(backend, (step) => progress(step, backend.title));
    const parts = { backend: asked, clock: systemClock, analyst };
    const options = { progress: async () => {}, signal };
    const gathered = await ('traceId' in question
      ? gatherForTrace(parts, question.traceId, options)
      : gatherForWindow(parts, question, options));
    try {
      const analysis = await gathered.analyse(undefined, signal);
      const answer = commandAnswer({
        read: analysed(),
        analysis,
        gathering: gathered.gathering,
        focus: gathered.focus,
        spansOf: (traceIds) => spansOf(backend, traceIds, signal),
        linkTo: backend.linkTo.bind(backend),
      });
      await tell(answer);
    } finally {
      gathered.close();
    }
  } finally {
    await close();
  }
}

/** An analyst on this thread that lets one see the table which it was given: what it says for machines is read from there. */
function openAnalyst(): { readonly analyst: Analyst; analysed(): FromFiles } {
  const seen: { last?: FromFiles } = {};
  const analyst = analystOnThisThread((input) => {
    const { table, baseline = new Uint8Array(table.traces) } = input;
    seen.last = { table, baseline };
    return analyse(input);
  });
  return {
    analyst,
    analysed() {
      if (seen.last === undefined) throw new Error('Nothing has been analysed yet');
      return seen.last;
    },
  };
}

export function questionOf(flags: LiveFlags, now: number): LiveQuestion {
  const { trace, service, operation } = flags;
  if (trace !== undefined) {
    if (service !== undefined || flags.from !== undefined || flags.to !== undefined)
      throw new Failure('bad-input', '--trace asks for one trace.', 'Leave out --service, --from and --to.');
    const named = traceNamedIn(trace);
    if (named !== undefined) return { traceId: named.traceId };
    throw new Failure(
      'bad-input',
      `--trace names no trace: ${trace.slice(0, 200)}`,
      'Give it 16 or 32 hex digits, a traceparent, or a link to a trace.',
    );
  }
  if (service === undefined)
    throw new Failure(
      'bad-input',
      'A live backend must be told what to look at.',
      'Give --service NAME with --from and --to, or --trace ID.',
    );
  const from = momentOf('--from', flags.from ?? SPAN, now);
  const to = momentOf('--to', flags.to ?? 'now', now);
  if (from >= to) throw new Failure('bad-input', '--from is not before --to.', 'For example: --from -1h --to -30m');
  return { services: [service], ...(operation === undefined ? {} : { operation }), from, to };
}

/** The backend to ask, and what closes it: the embedded store runs in a worker of its own. */
async function openBackend(flags: LiveFlags): Promise<{ readonly backend: TraceBackend; close(): Promise<void> }> {
  if (flags.backend !== undefined) {
    const [place] = placesOf({ backends: [entryOf(flags.backend, flags)], links: {} }, undefined);
    return { backend: place.backend, close: async () => {} };
  }
  if (flags.url !== undefined || flags.option !== undefined)
    throw new Failure(
      'bad-input',
      '--url and --option belong to --backend.',
      `Say which it is: --backend ${backends.map(({ kind }) => kind).join(' | ')}`,
    );
  // Nobody sends spans here: any port will do, on this machine only.
  const { backend, receiver } = await openOwn({ ...readConfig(), host: '127.0.0.1', otlpPort: 0 });
  return { backend, close: async () => receiver?.close() };
}

async function openOwn(config: Config): Promise<Traces> {
  try {
    return await openTraces(config, QUIET);
  } catch (thrown) {
    const failure = Failure.from(thrown);
    const embedded = config.backends.every(({ kind }) => kind === 'embedded');
    if (failure.kind !== 'misconfigured' || !embedded) throw failure;
    // Most likely it is the bot itself, and that is no reason to stop it.
    const hint =
      'If that is the bot: ask it with /trace and in the threads of its cards, or name another --backend here.';
    throw new Failure(failure.kind, failure.message, hint, { cause: failure });
  }
}

function entryOf(kind: string, { url, option = [] }: LiveFlags): Config['backends'][number] {
  const options: Record<string, unknown> = {};
  for (const each of option) {
    const equals = each.indexOf('=');
    if (equals < 1) throw new Failure('bad-input', `--option is no name=value: ${each}`, 'As --option database=otel');
    options[each.slice(0, equals)] = readOption(each.slice(equals + 1));
  }
  return { ...options, ...(url === undefined ? {} : { url }), kind };
}

function readOption(written: string): unknown {
  try {
    return parseYaml(written);
  } catch {
    return written;
  }
}

async function spansOf(
  backend: TraceBackend,
  traceIds: ReadonlySet<TraceId>,
  signal: AbortSignal,
): Promise<readonly SpanRecord[]> {
  const spans: SpanRecord[] = [];
  // Spans that a place does not give now were missing when the traces were gathered, too, and that was noted then.
  const noted = () => {};
  for await (const batch of backend.fetch([...traceIds], signal, noted)) spans.push(...batch);
  return spans;
}

/** What goes wrong is thrown; a terminal needs no log beside it. */
const QUIET: Log = { info: () => {}, warn: () => {}, error: () => {} };
