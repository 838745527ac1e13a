import { join } from 'node:path';
import { Failure } from '../failure.ts';
import type { Route } from '../http.ts';
import type { SpanRecord } from '../model/span.ts';
import { MINUTE, type Micros, type TraceId } from '../model/units.ts';
import type { Log } from '../ports/log.ts';
import type { TraceArchive } from '../ports/trace-archive.ts';
import { encodingOf, type OtlpAnswer, refused } from './otlp-answer.ts';
import { readWithin, send } from './otlp-body.ts';
import { TRACES_PATH } from './otlp-server.ts';
import { WorkerClient } from './worker-client.ts';

export type ReceiverOptions = {
  /** Folder of `traces.db`; made if it is not there. */
  readonly folder: string;
  readonly host: string;
  /** The receiver's own port, 0 for any that is free; undefined for none, and spans come in through `route` only. */
  readonly port: number | undefined;
  readonly log: Log;
  /** Spans are forgotten this long after they arrived; default six hours. */
  readonly maxAge?: Micros;
  /** Size of the store; default 1 GB. */
  readonly maxBytes?: number;
  /** Bytes of requests that may wait before senders are asked to wait; default 32 MiB. */
  readonly queueBytes?: number;
};

export type Receiver = {
  /** The port that spans are received on; undefined when it was not wanted or could not be had: then see `setback`. */
  readonly port: number | undefined;
  readonly setback: Failure | undefined;
  /** `POST /v1/traces` for the main port. */
  readonly route: Route;
  /** What was received, for the embedded backend. */
  readonly archive: TraceArchive;
  /** One export request; the body is copied or handed over to the worker. Never rejects: failures are answers too. */
  take(body: Buffer, contentType: string | undefined, contentEncoding: string | undefined): Promise<OtlpAnswer>;
  /** Resolves once every request that has arrived is answered and its spans can be found. */
  flush(): Promise<void>;
  /** Stops receiving, finishes what is under way (at most `drainMs`) and closes the file. */
  close(drainMs?: number): Promise<void>;
};

const QUEUE_BYTES = 32 * 1024 * 1024;
const MAX_BYTES = 1024 * 1024 * 1024;
const MAX_AGE = 6 * 60 * MINUTE;

/** Spans handed from thread to thread at once: few enough that neither event loop is held for more than some milliseconds. */
const PAGE = 500;

/**
 * Starts the OTLP/HTTP receiver and the embedded trace store in a thread of their own. A port that is taken is no failure:
 * it is told in `setback`. Rejects with a `Failure` of kind `misconfigured` when another process owns the store.
 * Source: OTLP specification 1.11; ARCHITECTURE.md.
 */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const client = new WorkerClient(
    {
      path: join(options.folder, 'traces.db'),
      host: options.host,
      ...(options.port === undefined ? undefined : { port: options.port }),
      maxAge: options.maxAge ?? MAX_AGE,
      maxBytes: options.maxBytes ?? MAX_BYTES,
      queueBytes: options.queueBytes ?? QUEUE_BYTES,
    },
    options.log,
  );
  await client.start();
  const take: Receiver['take'] = (body, contentType, contentEncoding) =>
    hand(client, body, contentType, contentEncoding);
  return {
    get port() {
      return client.port;
    },
    get setback() {
      return client.setback;
    },
    route: mainPortRoute(take, options.queueBytes ?? QUEUE_BYTES),
    archive: archiveOf(client),
    take,
    flush: async () => {
      await client.call('flush', {});
    },
    close: (drainMs = 5_000) => client.close(drainMs),
  };
}

async function hand(
  client: WorkerClient,
  body: Buffer,
  contentType: string | undefined,
  contentEncoding: string | undefined,
): Promise<OtlpAnswer> {
  // Its own copy, because small buffers share memory with others, which must not be handed over.
  const bytes = new Uint8Array(body);
  const headers = { contentType, contentEncoding };
  try {
    return await client.call('take', { body: bytes, headers }, { transfer: [bytes.buffer] });
  } catch (thrown) {
    return refused(encodingOf(contentType) ?? 'json', Failure.from(thrown));
  }
}

/** The same door on the main port. Only raw bytes pass through the main thread; the worker does the rest. */
function mainPortRoute(take: Receiver['take'], queueBytes: number): Route {
  let held = 0;
  const room = {
    hold: (bytes: number) => {
      held += bytes;
    },
    hasRoom: (own: number) => held - own <= queueBytes,
  };
  return {
    method: 'POST',
    path: TRACES_PATH,
    handle: async ({ request, response }) => {
      const { 'content-type': contentType, 'content-encoding': contentEncoding } = request.headers;
      let size = 0;
      try {
        const body = await readWithin(request, room);
        size = body.length;
        room.hold(size);
        send(request, response, await take(body, contentType, contentEncoding));
      } catch (thrown) {
        send(request, response, refused(encodingOf(contentType) ?? 'json', Failure.from(thrown)));
      } finally {
        room.hold(-size);
      }
    },
  };
}

function archiveOf(client: WorkerClient): TraceArchive {
  return {
    fetch: (traceIds, signal) => pages(client, traceIds, signal),
    search: (query, signal) => client.call('search', query, { signal }),
    services: (from, to, signal) => client.call('services', { from, to }, { signal }),
    stats: (signal) => client.call('stats', {}, { signal }),
  };
}

async function* pages(
  client: WorkerClient,
  traceIds: readonly TraceId[],
  signal: AbortSignal,
): AsyncGenerator<readonly SpanRecord[]> {
  const distinct = [...new Set(traceIds)];
  let from = { trace: 0, seq: 0 };
  for (;;) {
    const page = await client.call('page', { traceIds: distinct, from, limit: PAGE }, { signal });
    if (page.spans.length > 0) yield page.spans;
    if (page.next === undefined) return;
    from = page.next;
  }
}
