import type { Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Failure } from '../failure.ts';
import { systemClock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { OtlpIntake } from './otlp-intake.ts';
import { listenOtlp } from './otlp-server.ts';
import type { Calls, Envelope, PlainFailure, Report, WorkerOptions } from './protocol.ts';
import { TraceStore } from './trace-store.ts';

/** How often the store looks whether spans are due to be forgotten. */
const FORGET_EVERY_MS = 1_000;

/**
 * The receiver's thread. It owns the OTLP sockets, decoding, the file and every question about it, so that none of their
 * blocking work is felt by the thread that talks to people (measured in `bench/otlp-intake.ts`).
 */
async function run(port: MessagePort, options: WorkerOptions): Promise<void> {
  const tell = (report: Report): void => port.postMessage(report);
  const log = logTo(tell);
  const bounds = { maxAge: options.maxAge, maxBytes: options.maxBytes };
  const store = new TraceStore({ path: options.path, bounds, clock: systemClock, log });
  const intake = new OtlpIntake({ store, queueBytes: options.queueBytes, clock: systemClock, log });
  const forgetting = setInterval(() => void store.forget(), FORGET_EVERY_MS);
  /** Calls that somebody still waits for. */
  const wanted = new Set<number>();
  let server: Server | undefined;

  port.on('message', (envelope: Envelope) => {
    if (envelope.name === 'cancel') wanted.delete(envelope.id);
    else void answer(envelope);
  });
  server = await listening(options, intake, tell);

  async function answer(envelope: Exclude<Envelope, { name: 'cancel' }>): Promise<void> {
    const { id } = envelope;
    wanted.add(id);
    try {
      tell({ kind: 'answer', id, value: await answerTo(envelope) });
      if (envelope.name === 'close') port.close();
    } catch (thrown) {
      tell({ kind: 'failure', id, failure: plain(Failure.from(thrown)) });
    } finally {
      wanted.delete(id);
    }
  }

  async function answerTo(
    envelope: Exclude<Envelope, { name: 'cancel' }>,
  ): Promise<Calls[Exclude<Envelope, { name: 'cancel' }>['name']]['answer']> {
    switch (envelope.name) {
      case 'take': {
        const { body, headers } = envelope.ask;
        return intake.take(Buffer.from(body.buffer, body.byteOffset, body.byteLength), headers);
      }
      case 'search':
        return store.search(envelope.ask, () => !wanted.has(envelope.id));
      case 'page':
        return store.page(envelope.ask.traceIds, envelope.ask.from, envelope.ask.limit);
      case 'services':
        return store.services(envelope.ask.from, envelope.ask.to);
      case 'stats':
        return { ...store.figures(), ...intake.figures };
      case 'flush':
        await intake.settled();
        store.commit();
        return null;
      case 'close':
        await close(envelope.ask.drainMs);
        return null;
    }
  }

  async function close(drainMs: number): Promise<void> {
    intake.close();
    clearInterval(forgetting);
    server?.close();
    server?.closeIdleConnections();
    await Promise.race([intake.settled(), pause(drainMs, undefined, { ref: false })]);
    server?.closeAllConnections();
    store.close();
  }
}

/** The receiver's own port. Without it everything else still works: spans also come in on the main port. */
async function listening(
  options: WorkerOptions,
  intake: OtlpIntake,
  tell: (report: Report) => void,
): Promise<Server | undefined> {
  if (options.port === undefined) {
    tell({ kind: 'ready' });
    return undefined;
  }
  try {
    const server = await listenOtlp(options.host, options.port, intake);
    const address = server.address();
    tell({ kind: 'ready', ...(typeof address === 'object' && address !== null ? { port: address.port } : undefined) });
    return server;
  } catch (thrown) {
    tell({ kind: 'ready', setback: plain(Failure.from(thrown)) });
    return undefined;
  }
}

function logTo(tell: (report: Report) => void): Log {
  const at =
    (level: 'info' | 'warn' | 'error'): Log['info'] =>
    (fields, message) =>
      tell({ kind: 'log', level, fields, message });
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

function plain(failure: Failure): PlainFailure {
  const { kind, message, hint, retryAfter } = failure;
  return { kind, message, hint, ...(retryAfter === undefined ? undefined : { retryAfter }) };
}

if (parentPort !== null) {
  const port = parentPort;
  const options: WorkerOptions = workerData;
  run(port, options).catch((thrown) => {
    const report: Report = { kind: 'stillborn', failure: plain(Failure.from(thrown)) };
    port.postMessage(report);
    port.close();
  });
}
