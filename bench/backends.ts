/**
 * What an investigation asks of each live backend: `node bench/backends.ts` starts whichever servers are named (`JAEGER_PROGRAM`,
 * `ZIPKIN_JAR`, `VICTORIA_TRACES_PROGRAM`, `CHDB_PACKAGE`), loads 200 healthy and 200 slow traces of 50 spans into each, and
 * measures, each in a process of its own with a fresh client:
 *
 *   investigation   an alert's traces found, read and analysed, as the bot does
 *   400 by id       all of them fetched as `fetch` does, several at a time, into a table
 *   one by one      all of them fetched, each after the other is done: the plain way
 *
 * Requests are counted where Node sends them. Memory is the whole process at its highest. `node bench/backends.ts jaeger` measures
 * only the kinds that it names.
 */
import { spawnSync } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';
import { backends } from '../src/backends/index.ts';
import { gatherForAlert } from '../src/investigation/gather.ts';
import { analystOnThisThread } from '../src/investigation/study.ts';
import type { SpanRecord } from '../src/model/span.ts';
import type { TraceBackend } from '../src/ports/trace-backend.ts';
import { TableBuilder } from '../src/trace/build.ts';
import { zipkinSpans } from '../test/backends/zipkin-encode.ts';
import { CLICKHOUSE_TABLES, insertOf } from '../test/live/clickhouse-tables.ts';
import { sendOtlp } from '../test/live/load.ts';
import {
  type LiveServer,
  PROGRAMS,
  startClickHouse,
  startJaeger,
  startVictoriaTraces,
  startZipkin,
} from '../test/live/servers.ts';

const SIDE = 200;
const SPANS = 50;
const SERVICES = 10;
const SECONDS_APART = 1;
const WAYS = ['investigation', '400 by id', 'one by one'] as const;
const { signal } = new AbortController();

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
const traceIds = Array.from({ length: 2 * SIDE }, (_, trace) => `be7c${hex(trace, 28)}`);

/** A front service, which calls nine others by turns; the fifth takes thirty times as long in the second half. */
function spansAt(now: number): readonly SpanRecord[] {
  const first = now - 2 * SIDE * SECONDS_APART * 1e6 - 5e6;
  return traceIds.flatMap((traceId, trace) =>
    Array.from({ length: SPANS }, (_, index): SpanRecord => {
      const service = index % SERVICES;
      const start = Math.round(first + trace * SECONDS_APART * 1e6 + index * 2_000);
      const slow = trace >= SIDE && service === 5 ? 60_000 : 2_000;
      const length =
        index === 0 ? SPANS * 2_000 + (trace >= SIDE ? 60_000 : 0) : slow + ((trace * 7 + index) % 13) * 20;
      return {
        traceId,
        spanId: hex(trace * SPANS + index + 1, 16),
        ...(index === 0 ? {} : { parentSpanId: hex(trace * SPANS + 1, 16) }),
        service: `service-${service}`,
        name: index === 0 ? 'GET /start' : `work ${index}`,
        kind: index === 0 ? 'server' : 'internal',
        start,
        end: start + length,
        status: 'unset',
        attributes: { 'http.route': '/start', step: index },
        resource: { 'service.name': `service-${service}`, 'host.name': `node-${service}` },
        events: [],
        links: [],
        scope: 'bench',
      };
    }),
  );
}

type Measured = {
  readonly ms: number;
  readonly cpuMs: number;
  readonly requests: number;
  readonly mb: number;
  readonly found: string;
};

async function measure(way: string, backend: TraceBackend, now: number): Promise<Measured> {
  let requests = 0;
  subscribe('http.client.request.start', () => {
    requests += 1;
  });
  const started = performance.now();
  const cpu = process.cpuUsage();
  const found = await run(way, backend, now);
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1_000;
  const mb = (process.resourceUsage().maxRSS * 1_024) / 1e6;
  return { ms, cpuMs, requests, mb, found };
}

async function run(way: string, backend: TraceBackend, now: number): Promise<string> {
  if (way === 'investigation') {
    const alertAt = now - (SIDE - 30) * SECONDS_APART * 1e6;
    const gathered = await gatherForAlert(
      { backend, clock: { now: () => now }, analyst: analystOnThisThread() },
      {
        source: 'bench',
        id: '1',
        delivery: '1',
        event: 'triggered',
        title: 'service-0 is slow',
        service: 'service-0',
        occurredAt: alertAt,
        startedAt: alertAt,
        links: {},
        labels: {},
        traceIds: [],
      },
      { known: [], progress: async () => {}, signal },
    );
    const { verdict } = await gathered.analyse(undefined, signal);
    const { suspects, baseline } = gathered.gathering;
    return `${suspects} + ${baseline} traces, ${verdict.kind}: ${JSON.stringify(verdict.hypotheses[0]?.component ?? {})}`;
  }
  const builder = new TableBuilder();
  const parts = way === 'one by one' ? traceIds.map((id) => [id]) : [traceIds];
  for (const ids of parts) for await (const batch of backend.fetch(ids, signal)) builder.add(batch);
  const table = builder.finish();
  return `${table.traces} traces, ${table.size} spans`;
}

type Place = {
  readonly kind: string;
  readonly program: string | undefined;
  readonly options?: Readonly<Record<string, string>>;
  start(program: string): Promise<LiveServer>;
  fill(server: LiveServer, spans: readonly SpanRecord[]): Promise<unknown>;
};

const post = async (url: string, body: string): Promise<void> => {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
};

const PLACES: readonly Place[] = [
  {
    kind: 'jaeger',
    program: PROGRAMS.jaeger,
    start: startJaeger,
    fill: (server, part) => sendOtlp(`${server.intake}/v1/traces`, part),
  },
  {
    kind: 'zipkin',
    program: PROGRAMS.zipkin,
    start: startZipkin,
    fill: (server, part) => post(`${server.intake}/api/v2/spans`, JSON.stringify(zipkinSpans(part))),
  },
  {
    kind: 'victoria-traces',
    program: PROGRAMS.victoriaTraces,
    start: startVictoriaTraces,
    fill: (server, part) => sendOtlp(`${server.intake}/v1/traces`, part),
  },
  {
    kind: 'clickhouse',
    program: PROGRAMS.chdb,
    options: { database: 'otel' },
    start: async (program) => {
      const server = await startClickHouse(program);
      for (const sql of CLICKHOUSE_TABLES) await post(server.intake, sql);
      return server;
    },
    fill: (server, part) => post(server.intake, insertOf(part)),
  },
];

function backendOf(kind: string, options: unknown): TraceBackend {
  const definition = backends.find((candidate) => candidate.kind === kind);
  if (definition === undefined) throw new Error(`There is no backend ${kind}`);
  return definition.connect(options, {});
}

/** Each measurement three times in fresh processes; the middle one by time counts. */
function measured(way: string, kind: string, options: object, now: number): Measured {
  const runs = Array.from({ length: 3 }, () => {
    const words = [process.argv[1] ?? '', 'measure', way, kind, JSON.stringify(options), String(now)];
    const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Measured;
  }).toSorted((a, b) => a.ms - b.ms);
  const [, middle] = runs;
  if (middle === undefined) throw new Error('Nothing was measured');
  return middle;
}

const words = process.argv.slice(2);
const [command, way = '', kind = '', options = '{}', at = '0'] = words;
if (command === 'measure') {
  console.log(JSON.stringify(await measure(way, backendOf(kind, JSON.parse(options)), Number(at))));
} else {
  console.log(`Node ${process.version}; ${2 * SIDE} traces of ${SPANS} spans\n`);
  console.log(
    '| backend | way | time | our processor time | requests | memory | |\n| --- | --- | --- | --- | --- | --- | --- |',
  );
  for (const place of PLACES.filter((each) => words.length === 0 || words.includes(each.kind))) {
    if (place.program === undefined) {
      console.log(`| ${place.kind} | not found | | | | | |`);
      continue;
    }
    const server = await place.start(place.program);
    try {
      const now = Date.now() * 1_000;
      const spans = spansAt(now);
      for (let from = 0; from < spans.length; from += 2_000) await place.fill(server, spans.slice(from, from + 2_000));
      for (const each of WAYS) {
        const { ms, cpuMs, requests, mb, found } = measured(
          each,
          place.kind,
          { url: server.url, ...place.options },
          now,
        );
        const [time, ofCpu] = [ms, cpuMs].map((length) => `${(length / 1_000).toFixed(2)} s`);
        const line = [place.kind, each, time, ofCpu, requests, `${Math.round(mb)} MB`, found];
        console.log(`| ${line.join(' | ')} |`);
      }
    } finally {
      await server.stop();
    }
  }
}
