import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SpanRecord } from '../src/model/span.ts';
import { systemClock } from '../src/ports/clock.ts';
import { OtlpIntake } from '../src/receiver/otlp-intake.ts';
import { listenOtlp } from '../src/receiver/otlp-server.ts';
import { startReceiver } from '../src/receiver/receiver.ts';
import { TraceStore } from '../src/receiver/trace-store.ts';
import { encodeJson, encodeProtobuf } from '../test/receiver/otlp-encode.ts';

/**
 * Spans a second that the receiver takes in and commits, posted over real HTTP by another process, and what the main
 * thread feels of it. Beside it in the same run: the same intake on the main thread, and the least that anything could do
 * with JSON (parse and throw away).
 *
 * Run: `npx node bench/otlp-intake.ts [seconds for each]`
 */
const MODES = [
  { name: 'receiver, protobuf', server: 'worker', format: 'protobuf' },
  { name: 'receiver, JSON', server: 'worker', format: 'json' },
  { name: 'receiver at its size limit, protobuf', server: 'worker-full', format: 'protobuf' },
  { name: 'same intake on the main thread, protobuf', server: 'main', format: 'protobuf' },
  { name: 'JSON.parse and discard, main thread', server: 'discard', format: 'json' },
] as const;

const CONNECTIONS = 8;
const SPANS_A_REQUEST = 512;
const SPANS_A_TRACE = 8;
/** Stands in every trace id; overwritten before each post, so that no two posts carry the same traces. */
const MARK = 'c0ffee11';

type Figures = { readonly p50: number; readonly p99: number; readonly max: number; readonly rssMb: number };

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const [role, ...rest] = process.argv.slice(2);
if (role === '--serve') await serve(rest[0] ?? '');
else if (role === '--send') await send(Number(rest[0]), rest[1] ?? '', Number(rest[2]));
else await compare(Number(role ?? 8));

async function compare(seconds: number): Promise<void> {
  console.log(
    `${CONNECTIONS} connections, ${SPANS_A_REQUEST} spans a request, ${seconds} s each after 2 s of warm-up\n`,
  );
  console.log(
    '| | spans/s | MB/s | turned away | main loop delay p50 / p99 / max ms | peak RSS MB |\n|---|---|---|---|---|---|',
  );
  for (const mode of MODES) {
    const server = fork(fileURLToPath(import.meta.url), ['--serve', mode.server]);
    const port: number = await message(server);
    const sender = fork(fileURLToPath(import.meta.url), ['--send', String(port), mode.format, String(seconds)]);
    await message(sender);
    server.send('begin');
    const sent: { spans: number; bytes: number; turnedAway: number; elapsed: number } = await message(sender);
    server.send('end');
    const { p50, p99, max, rssMb }: Figures = await message(server);
    const rate = Math.round(sent.spans / sent.elapsed);
    const megabytes = (sent.bytes / sent.elapsed / 1e6).toFixed(1);
    console.log(
      `| ${mode.name} | ${rate} | ${megabytes} | ${sent.turnedAway} | ${p50.toFixed(1)} / ${p99.toFixed(1)} / ${max.toFixed(1)} | ${Math.round(rssMb)} |`,
    );
    await Promise.all([ended(server), ended(sender)]);
  }
}

async function serve(mode: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
  const bounds = { maxAge: 3_600_000_000, maxBytes: 1024 * 1024 * 1024 };
  let port: number | undefined;
  let close = async (): Promise<void> => {};
  if (mode === 'worker' || mode === 'worker-full') {
    const maxBytes = mode === 'worker' ? bounds.maxBytes : 64 * 1024 * 1024;
    const receiver = await startReceiver({ folder, host: '127.0.0.1', port: 0, log: silent, maxBytes });
    port = receiver.port;
    close = () => receiver.close();
  } else if (mode === 'main') {
    const store = new TraceStore({ path: join(folder, 'traces.db'), bounds, clock: systemClock, log: silent });
    const server = await listenOtlp(
      '127.0.0.1',
      0,
      new OtlpIntake({ store, queueBytes: 32 * 1024 * 1024, clock: systemClock, log: silent }),
    );
    const address = server.address();
    port = typeof address === 'object' ? address?.port : undefined;
  } else {
    const server = createServer(async (incoming, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      JSON.parse(Buffer.concat(chunks).toString());
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = typeof address === 'object' ? address?.port : undefined;
  }
  process.send?.(port);
  await received('begin');
  await pause(2_000);
  const resolution = 5;
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  let rss = 0;
  const sampling = setInterval(() => {
    rss = Math.max(rss, process.memoryUsage.rss());
  }, 50);
  await received('end');
  delay.disable();
  clearInterval(sampling);
  // The histogram measures from one timer to the next, so what is above the timer's own interval is delay.
  const over = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution);
  const figures: Figures = {
    p50: over(delay.percentile(50)),
    p99: over(delay.percentile(99)),
    max: over(delay.max),
    rssMb: rss / 1e6,
  };
  process.send?.(figures);
  await close();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

async function send(port: number, format: string, seconds: number): Promise<void> {
  const encode = format === 'json' ? encodeJson : encodeProtobuf;
  const bodies = Array.from({ length: 64 }, (_, index) => marked(encode(spans(index)), format));
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const type = format === 'json' ? 'application/json' : 'application/x-protobuf';
  process.send?.('ready');
  let posts = 0;
  let counted = { spans: 0, bytes: 0, turnedAway: 0 };
  const begin = performance.now() + 2_000;
  const end = begin + seconds * 1_000;
  const warm = setTimeout(() => {
    counted = { spans: 0, bytes: 0, turnedAway: 0 };
  }, 2_000);
  const client = async (number: number): Promise<void> => {
    while (performance.now() < end) {
      // Each connection has bodies of its own, so that none is overwritten while it is being sent.
      const slot = bodies[number + CONNECTIONS * Math.floor(Math.random() * (64 / CONNECTIONS))];
      if (slot === undefined) throw new Error('no body');
      posts += 1;
      for (const at of slot.marks) overwrite(slot.body, at, posts, format);
      const status = await post(agent, port, type, slot.body);
      if (status === 200) {
        counted.spans += SPANS_A_REQUEST;
        counted.bytes += slot.body.length;
      } else {
        counted.turnedAway += 1;
        await pause(100);
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, number) => client(number)));
  clearTimeout(warm);
  process.send?.({ ...counted, elapsed: (performance.now() - begin) / 1_000 });
  agent.destroy();
  process.disconnect();
}

function post(agent: Agent, port: number, type: string, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': type, 'content-length': body.length };
    const outgoing = request(
      { agent, port, host: '127.0.0.1', path: '/v1/traces', method: 'POST', headers },
      (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** One batch of one service: spans like those of an HTTP service with a database, twelve attributes each. */
function spans(batch: number): readonly SpanRecord[] {
  const resource = {
    'service.name': `service-${batch % 10}`,
    'service.version': '1.4.2',
    'deployment.environment.name': 'prod',
    'k8s.pod.name': `service-${batch % 10}-7d9c5b-${batch}`,
  };
  const now = Date.now() * 1_000;
  return Array.from({ length: SPANS_A_REQUEST }, (_, index) => {
    const trace = Math.floor(index / SPANS_A_TRACE) + batch * SPANS_A_REQUEST;
    const first = index % SPANS_A_TRACE === 0;
    return {
      traceId: MARK + trace.toString(16).padStart(24, '0'),
      spanId: (index + 1 + batch * SPANS_A_REQUEST).toString(16).padStart(16, 'a'),
      ...(first ? {} : { parentSpanId: (index + batch * SPANS_A_REQUEST).toString(16).padStart(16, 'a') }),
      service: resource['service.name'],
      name: first ? 'POST /api/cart/{id}' : `SELECT orders_${index % 7}`,
      kind: first ? 'server' : 'client',
      start: now + index,
      end: now + index + 1_234,
      status: index % 50 === 0 ? 'error' : 'unset',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/api/cart/{id}',
        'http.response.status_code': 200,
        'url.path': `/api/cart/${index}`,
        'url.scheme': 'http',
        'server.address': 'cart.shop.svc.cluster.local',
        'server.port': 8080,
        'client.address': '10.1.2.3',
        'network.protocol.version': '1.1',
        'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
        'db.system.name': 'postgresql',
        'db.query.text': 'SELECT id, item, amount FROM orders WHERE cart_id = $1 ORDER BY id',
      },
      resource,
      events: [],
      links: [],
      scope: '@opentelemetry/instrumentation-http',
    };
  });
}

function marked(body: Buffer, format: string): { readonly body: Buffer; readonly marks: readonly number[] } {
  const mark = format === 'json' ? Buffer.from(MARK) : Buffer.from(MARK, 'hex');
  const marks: number[] = [];
  for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, at + 1)) marks.push(at);
  return { body, marks };
}

function overwrite(body: Buffer, at: number, post: number, format: string): void {
  if (format === 'json') body.write(post.toString(16).padStart(8, '0'), at, 'latin1');
  else body.writeUInt32BE(post, at);
}

function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve) => child.once('message', (value) => resolve(value as T)));
}

function received(word: string): Promise<void> {
  return new Promise((resolve) => {
    const hear = (value: unknown): void => {
      if (value !== word) return;
      process.off('message', hear);
      resolve();
    };
    process.on('message', hear);
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => (child.exitCode === null ? child.once('exit', () => resolve()) : resolve()));
}
