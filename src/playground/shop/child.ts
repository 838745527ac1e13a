import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../failure.ts';
import { type Command, type Flushed, type Outcome, Report, type Settings } from './control.ts';

/** A command without its id, which `ask` gives it. */
export type Order = Command extends infer One ? (One extends Command ? Omit<One, 'id'> : never) : never;

/** One process of the shop, from the bot's side. */
export interface Child {
  readonly name: string;
  readonly port: number;
  /** What the payment provider proves itself with; only it has one. */
  readonly certificate: string | undefined;
  /** Sends a command and waits for it to be carried out; rejects with a `Failure` when it fails or the process dies. */
  ask(order: Order): Promise<{ readonly flushed?: Flushed | undefined }>;
  /** Never resolves; rejects with a `Failure` when the process ends without having been told to. */
  readonly crashed: Promise<never>;
  /** Ends the process and waits until it is gone. */
  stop(): Promise<void>;
}

export type Start = {
  readonly service: string;
  readonly version: string;
  readonly otlpUrl: string;
  /** Whether it is traced; the world outside the shop is not. */
  readonly traced: boolean;
  readonly onOutcome?: (outcome: Outcome) => void;
};

const READY_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 2_000;
const STDERR_KEPT = 4_000;

/**
 * Starts a process and resolves once it listens. It runs with the Node that runs the bot, without any of the bot's
 * environment (which holds tokens, and `OTEL_…` settings that would change what the SDK does).
 */
export async function startChild({ service, version, otlpUrl, traced, onOutcome }: Start): Promise<Child> {
  const name = `${service} (version ${version})`;
  const settings: Settings = { service, version, otlpUrl, instance: randomUUID() };
  const folder = new URL('services/', import.meta.url);
  const preload = traced ? ['--import', new URL('telemetry.ts', folder).href] : [];
  const child = fork(fileURLToPath(new URL(`${service}.ts`, folder)), [JSON.stringify(settings)], {
    execPath: process.execPath,
    execArgv: [...preload, '--disable-warning=ExperimentalWarning'],
    env: {},
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });

  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-STDERR_KEPT);
  });

  const waiting = new Map<number, PromiseWithResolvers<{ flushed?: Flushed | undefined }>>();
  const ready = Promise.withResolvers<Extract<Report, { kind: 'ready' }>>();
  const crash = Promise.withResolvers<never>();
  const gone = Promise.withResolvers<void>();
  // Nobody need be listening when a process dies: whoever uses it next hears of it.
  ready.promise.catch(() => {});
  crash.promise.catch(() => {});
  let stopping = false;
  let lastId = 0;

  child.on('message', (raw) => {
    const { data: message } = Report.safeParse(raw);
    if (message === undefined) {
      stderr += '\nError: it said something that nobody understands';
      child.kill('SIGKILL');
      return;
    }
    switch (message.kind) {
      case 'ready':
        ready.resolve(message);
        return;
      case 'outcome':
        onOutcome?.(message.outcome);
        return;
      case 'done':
        waiting.get(message.id)?.resolve({ flushed: message.flushed });
        break;
      case 'failed':
        waiting
          .get(message.id)
          ?.reject(new Failure('internal', `The demo shop's ${name} failed: ${message.text}`, AGAIN));
    }
    waiting.delete(message.id);
  });
  const ended = (how: string) => {
    const failure = new Failure(
      'internal',
      `The demo shop's ${name} ended: ${how}. ${lastWords(stderr)}`.trim(),
      AGAIN,
    );
    ready.reject(failure);
    if (!stopping) crash.reject(failure);
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
    gone.resolve();
  };
  child.on('exit', (code, signal) => ended(signal === null ? `exit code ${code}` : `signal ${signal}`));
  child.on('error', (error) => ended(error.message));

  async function stop(): Promise<void> {
    stopping = true;
    if (child.connected) child.disconnect();
    const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await gone.promise;
    clearTimeout(impatience);
  }

  const tooLate = setTimeout(
    () =>
      ready.reject(new Failure('timed-out', `The demo shop's ${name} was not up within ${READY_WITHIN_MS} ms.`, AGAIN)),
    READY_WITHIN_MS,
  );
  try {
    const { port, certificate } = await ready.promise;
    return {
      name,
      port,
      certificate,
      crashed: crash.promise,
      stop,
      ask(order) {
        const id = ++lastId;
        const answer = Promise.withResolvers<{ flushed?: Flushed | undefined }>();
        waiting.set(id, answer);
        child.send({ ...order, id }, (error) => {
          if (error !== null)
            answer.reject(new Failure('internal', `The demo shop's ${name} cannot be reached.`, AGAIN));
        });
        return answer.promise;
      },
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  } finally {
    clearTimeout(tooLate);
  }
}

const AGAIN = 'Start the incident again: the shop is set up anew. If it keeps happening, look at the log of the bot.';

/** The line of a crash report that says most: the error, or the last line there is. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /Error\b.*:/.test(line)) ?? lines.at(-1) ?? '').trim().slice(0, 300);
}
