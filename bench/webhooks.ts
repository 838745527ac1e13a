/*
 * Signed webhooks a second that the bot accepts, each safe on disk before it is answered, beside what a server costs that
 * does nothing, in one run.
 *
 *   npx node bench/webhooks.ts [webhooks of each side, 6000] [connections, 50]
 *
 * The sender is a process of its own on the same machine. Every webhook is a new incident of a new service, the dearest kind;
 * in a storm they are new incidents of forty services, of which all but forty follow. Latency is what the sender sees;
 * "loop" is how long the server's event loop was held up at most in 99 of 100 turns. "kept" counts the jobs and the followers
 * on disk afterwards, read by a connection of its own: it must equal the webhooks that were answered 202.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { signatureHeader } from '../src/alerts/authenticity.ts';
import { pagerduty, pagerdutyOptions } from '../src/alerts/pagerduty.ts';
import { Database, type Grouping } from '../src/database.ts';
import { readBody, sendJson } from '../src/http.ts';
import { createIntake, type IntakeParts } from '../src/investigation/intake.ts';
import { systemClock } from '../src/ports/clock.ts';
import type { Intake } from '../src/ports/intake.ts';
import type { JobQueue } from '../src/ports/job-queue.ts';
import type { Log } from '../src/ports/log.ts';
import { DistributedQueue } from '../src/queue/distributed.ts';
import { EmbeddedQueue } from '../src/queue/embedded.ts';
import { connectRedis } from '../src/redis.ts';
import { distributedStore } from '../src/store/distributed.ts';
import { distributedFollowers } from '../src/store/distributed-followers.ts';
import { distributedLedger } from '../src/store/distributed-ledger.ts';
import { embeddedStore } from '../src/store/embedded.ts';
import { embeddedFollowers } from '../src/store/embedded-followers.ts';
import { embeddedLedger } from '../src/store/embedded-ledger.ts';
import { inOrder, oneCommit } from '../src/store/together.ts';
import { webhookRoutes } from '../src/webhooks.ts';
import { redisServer } from '../test/needs.ts';
import { startRedis } from '../test/store/redis-server.ts';

const SECRET = 'a secret of the bench';
/** What the fixture calls its service, and the traces that it names: alerts that bring their own never follow others. */
const SERVICE = 'Checkout API';
const TRACES = /4bf92f3577b34da6a3ce929d0e0e4736|00f067aa0ba902b7/g;
const log: Log = { info: () => {}, warn: console.warn, error: console.error };

type Side = {
  readonly name: string;
  readonly listener: RequestListener;
  /** Jobs that are safe. */
  kept?(): Promise<number>;
  /** Services that the incidents are of; each of its own where it is not said. */
  readonly services?: number;
  close(): Promise<void>;
};
type Measured = { readonly seconds: number; readonly statuses: Record<string, number>; readonly latencies: number[] };

if (process.argv[2] === '--send') {
  const [url = '', count = '0', connections = '1', run = '', services = '1'] = process.argv.slice(3);
  process.stdout.write(JSON.stringify(await send(url, Number(count), Number(connections), run, Number(services))));
} else {
  await compare(Number(process.argv[2] ?? 6_000), Number(process.argv[3] ?? 50));
}

async function compare(count: number, connections: number): Promise<void> {
  const makers = [bare, checked, () => embedded('embedded, writes share commits')];
  makers.push(() => embedded('embedded, a storm of forty services', undefined, 40));
  makers.push(() => embedded('embedded, a commit for each write', { gatherMs: 0, limit: 1 }));
  if (redisServer !== undefined) makers.push(distributed);
  const rows: Record<string, Record<string, string | number>> = {};
  for (const make of makers) {
    const side = await make();
    rows[side.name] = await measure(side, count, connections);
  }
  console.log(`${count} webhooks each over ${connections} connections; ${process.version}`);
  console.table(rows);
}

async function measure(side: Side, count: number, connections: number): Promise<Record<string, string | number>> {
  const server = createServer(side.listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/webhooks/pagerduty`;
  // As many again before, which do not count: a cold server compiles what it runs, and takes a third more for each of the first thousands.
  await sendFromOutside(url, count, connections, 'warm', side.services);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const before = process.cpuUsage();
  const { seconds, statuses, latencies } = await sendFromOutside(url, count, connections, 'main', side.services);
  loop.disable();
  const { user, system } = process.cpuUsage(before);
  const cpu = user + system;
  const kept = await side.kept?.();
  server.close();
  server.closeAllConnections();
  await side.close();
  const sorted = latencies.toSorted((a, b) => a - b);
  const quantile = (q: number) => (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0).toFixed(1);
  return {
    'webhooks/s': Math.round(count / seconds),
    'p50 ms': quantile(0.5),
    'p99 ms': quantile(0.99),
    'µs of CPU each': Math.round(cpu / count),
    'loop p99 ms': (loop.percentile(99) / 1e6).toFixed(1),
    answers: Object.entries(statuses)
      .map(([status, number]) => `${number} × ${status}`)
      .join(', '),
    kept: kept === undefined ? '–' : `${kept} of ${2 * count}`,
  };
}

async function bare(): Promise<Side> {
  return {
    name: 'bare node:http, nothing checked or kept',
    listener: async (incoming, response) => {
      await readBody(incoming, 1_000_000);
      sendJson(response, 202, { status: 'accepted' });
    },
    close: async () => {},
  };
}

async function checked(): Promise<Side> {
  const nothing: Intake = {
    alert: async () => ({ investigation: '', outcome: 'opened' }),
    ask: async () => ({ investigation: '', outcome: 'opened' }),
  };
  return { name: 'signature checked and payload read', listener: listenerOf(nothing), close: async () => {} };
}

async function embedded(name: string, grouping?: Grouping, services?: number): Promise<Side> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
  const file = join(folder, 'causeway.db');
  const database = grouping === undefined ? Database.open(file) : Database.open(file, grouping);
  const queue = new EmbeddedQueue({ database, clock: systemClock, log });
  const intake = intakeOf(queue, {
    store: embeddedStore({ database, clock: systemClock }),
    ledger: embeddedLedger({ database, clock: systemClock }),
    followers: embeddedFollowers({ database, clock: systemClock }),
    together: oneCommit(database),
  });
  return {
    name,
    listener: listenerOf(intake),
    ...(services === undefined ? {} : { services }),
    kept: async () => {
      const other = Database.open(file);
      const count = (sql: string) => Number(other.read((connection) => connection.get(sql))?.many);
      const jobs = count(`SELECT count(*) AS many FROM jobs WHERE key LIKE 'investigate:%'`);
      const followers = count('SELECT count(*) AS many FROM followers');
      await other.close();
      return jobs + followers;
    },
    async close() {
      await queue.close(0);
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function distributed(): Promise<Side> {
  const server = await startRedis();
  const redis = await connectRedis(server.url, log);
  const queue = new DistributedQueue({ redis, log });
  const intake = intakeOf(queue, {
    store: distributedStore({ redis }),
    ledger: distributedLedger({ redis }),
    followers: distributedFollowers({ redis }),
    together: inOrder,
  });
  return {
    name: 'distributed, Redis with AOF and BullMQ',
    listener: listenerOf(intake),
    kept: async () => (await queue.depth()).waiting,
    async close() {
      await queue.close(0);
      await redis.close();
      await server.stop();
    },
  };
}

function intakeOf(queue: JobQueue, kept: Pick<IntakeParts, 'store' | 'ledger' | 'followers' | 'together'>): Intake {
  const channels = { channelFor: () => 'incidents', channelForPerson: (channel: string) => channel };
  return createIntake({ ...kept, queue, clock: systemClock, ...channels });
}

function listenerOf(intake: Intake): RequestListener {
  const [route] = webhookRoutes([pagerduty(pagerdutyOptions.parse({ secrets: [SECRET] }))], intake, log);
  return (incoming, response) => {
    const exchange = {
      request: incoming,
      response,
      params: {},
      get url() {
        return new URL(incoming.url ?? '/', 'http://localhost');
      },
    };
    void route?.handle(exchange);
  };
}

async function sendFromOutside(
  url: string,
  count: number,
  connections: number,
  run: string,
  services = count,
): Promise<Measured> {
  const words = [url, count, connections, run, services].map(String);
  const sender = spawn(process.execPath, [import.meta.filename, '--send', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(await text(sender.stdout)) as Measured;
}

/** Runs in the sender's process. Bodies and signatures are made before the clock starts. */
async function send(url: string, count: number, connections: number, run: string, services: number): Promise<Measured> {
  const file = join(import.meta.dirname, '..', 'test', 'fixtures', 'pagerduty', 'incident.triggered.json');
  const template = readFileSync(file, 'utf8').replaceAll(TRACES, '');
  const bodies = Array.from({ length: count }, (_, index) =>
    Buffer.from(
      template
        .replaceAll('QCAUSEWAY00001', `${run}-${index}`)
        .replaceAll(SERVICE, `service ${run}-${index % services}`),
    ),
  );
  const signatures = bodies.map((body) => signatureHeader(SECRET, body, 'v1'));
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const statuses: Record<string, number> = {};
  const latencies: number[] = [];
  let next = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let index = next++; index < count; index = next++) {
        const sent = performance.now();
        const status = await post(index);
        latencies.push(performance.now() - sent);
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    }),
  );
  agent.destroy();
  return { seconds: (performance.now() - started) / 1_000, statuses, latencies };

  function post(index: number): Promise<number> {
    const headers = {
      'content-type': 'application/json',
      'content-length': bodies[index]?.length ?? 0,
      'x-pagerduty-signature': signatures[index] ?? '',
      'x-webhook-id': `${run}-${index}`,
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { method: 'POST', agent, headers }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
      });
      outgoing.on('error', reject).end(bodies[index]);
    });
  }
}
