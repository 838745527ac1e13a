import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clickhouse } from '../../src/backends/clickhouse.ts';
import { jaeger } from '../../src/backends/jaeger.ts';
import { victoriaTraces } from '../../src/backends/victoria-traces.ts';
import { zipkin } from '../../src/backends/zipkin.ts';
import { analyse } from '../../src/investigation/analyse.ts';
import { gatherForWindow } from '../../src/investigation/gather.ts';
import { analystOnThisThread } from '../../src/investigation/study.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { MINUTE } from '../../src/model/units.ts';
import type { Analysis } from '../../src/model/verdict.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { TraceBackend } from '../../src/ports/trace-backend.ts';
import { zipkinSpans } from '../backends/zipkin-encode.ts';
import { inputOf } from '../investigation/analyse-input.ts';
import { describeWith } from '../needs.ts';
import { recordingAt } from '../otlp.ts';
import { CLICKHOUSE_TABLES, insertIntoSigNoz, insertOf, SIGNOZ_TABLES } from './clickhouse-tables.ts';
import { sendOtlp } from './load.ts';
import {
  type LiveServer,
  PROGRAMS,
  startClickHouse,
  startJaeger,
  startVictoriaTraces,
  startZipkin,
} from './servers.ts';

/** A real server, how it is filled, and how the bot reads it. */
type Place = {
  readonly name: string;
  readonly program: string | undefined;
  start(program: string): Promise<LiveServer>;
  fill(server: LiveServer, spans: readonly SpanRecord[]): Promise<void>;
  connect(server: LiveServer): TraceBackend;
};

const PLACES: readonly Place[] = [
  {
    name: 'Jaeger',
    program: PROGRAMS.jaeger,
    start: startJaeger,
    fill: (server, spans) => inParts(spans, (part) => sendOtlp(`${server.intake}/v1/traces`, part)),
    connect: ({ url }) => jaeger.connect({ url }, {}),
  },
  {
    name: 'Zipkin',
    program: PROGRAMS.zipkin,
    start: startZipkin,
    fill: (server, spans) =>
      inParts(spans, (part) => post(`${server.intake}/api/v2/spans`, JSON.stringify(zipkinSpans(part)))),
    connect: ({ url }) => zipkin.connect({ url }, {}),
  },
  {
    name: 'VictoriaTraces',
    program: PROGRAMS.victoriaTraces,
    start: startVictoriaTraces,
    fill: (server, spans) => inParts(spans, (part) => sendOtlp(`${server.intake}/v1/traces`, part)),
    connect: ({ url }) => victoriaTraces.connect({ url }, {}),
  },
  {
    name: 'ClickHouse',
    program: PROGRAMS.chdb,
    start: startClickHouse,
    fill: async (server, spans) => {
      for (const sql of CLICKHOUSE_TABLES) await post(server.intake, sql);
      await inParts(spans, (part) => post(server.intake, insertOf(part)));
    },
    connect: ({ url }) => clickhouse.connect({ url, database: 'otel' }, {}),
  },
  {
    name: 'ClickHouse of SigNoz',
    program: PROGRAMS.chdb,
    start: startClickHouse,
    fill: async (server, spans) => {
      for (const sql of SIGNOZ_TABLES) await post(server.intake, sql);
      await inParts(spans, (part) => post(server.intake, insertIntoSigNoz(part)));
    },
    connect: ({ url }) => clickhouse.connect({ url, database: 'signoz_traces' }, {}),
  },
];

const SCENARIOS = ['tls-retry', 'write-race', 'slow-serialisation', 'auth-cascade', 'audit'] as const;
/** Further apart than anybody looks back, so that no scenario is another's baseline. */
const APART = 90 * MINUTE;
const { signal } = new AbortController();

type Recording = { readonly suspects: readonly SpanRecord[]; readonly baseline: readonly SpanRecord[] };
const recordings = new Map<string, Recording>();

beforeAll(async () => {
  const now = Date.now() * 1_000;
  for (const [index, name] of SCENARIOS.entries()) {
    const end = now - index * APART;
    const [normal, abnormal] = ['normal', 'abnormal'].map((kind) => `test/fixtures/shop/${name}.${kind}.otlp.json.gz`);
    const both = await recordingAt([normal ?? '', abnormal ?? ''], end);
    const healthy = new Set((await recordingAt([normal ?? ''], end)).map((span) => span.traceId));
    recordings.set(name, {
      suspects: both.filter((span) => !healthy.has(span.traceId)),
      baseline: both.filter((span) => healthy.has(span.traceId)),
    });
  }
});

for (const place of PLACES) {
  describeWith(place.name, place.program !== undefined, `real spans of the shop, kept by ${place.name}`, () => {
    let server: LiveServer | undefined;
    beforeAll(async () => {
      server = await place.start(place.program ?? '');
      const all = [...recordings.values()].flatMap(({ baseline, suspects }) => [...baseline, ...suspects]);
      await place.fill(server, all);
    });
    afterAll(() => server?.stop());

    describe.for(SCENARIOS)('%s', (scenario) => {
      test('give the same verdict as the file', async () => {
        if (server === undefined) throw new Error('not started');
        const { suspects, baseline } = recordings.get(scenario) ?? { suspects: [], baseline: [] };
        const backend = place.connect(server);
        const [bad, good] = [await fetched(backend, suspects), await fetched(backend, baseline)];
        expect(bad).toHaveLength(suspects.length);
        expect(good).toHaveLength(baseline.length);
        expect(told(bad, good)).toEqual(told(suspects, baseline));
      });

      test('a search of the window finds them, and a baseline, and gives it too', async () => {
        if (server === undefined) throw new Error('not started');
        const { suspects, baseline } = recordings.get(scenario) ?? { suspects: [], baseline: [] };
        const starts = suspects.map((span) => span.start).toSorted((a, b) => a - b);
        const window = { from: (starts[0] ?? 0) - 1, to: (starts.at(-1) ?? 0) + MINUTE };
        const parts = { backend: place.connect(server), clock: systemClock, analyst: analystOnThisThread() };
        const question = { services: ['gateway'], ...window };
        const found = await gatherForWindow(parts, question, { progress: async () => {}, signal });
        expect(found.gathering.suspects).toBeGreaterThan(20);
        expect(found.gathering.baseline).toBeGreaterThan(20);
        expect(saidBy(await found.analyse(undefined, signal))).toEqual(told(suspects, baseline));
      });
    });
  });
}

function told(suspects: readonly SpanRecord[], baseline: readonly SpanRecord[]) {
  return saidBy(analyse(inputOf(suspects, baseline)));
}

function saidBy({ verdict, lineage }: Analysis) {
  const [first] = verdict.hypotheses;
  return { kind: verdict.kind, mechanism: first?.mechanism, component: first?.component, actor: lineage?.actor };
}

async function fetched(backend: TraceBackend, wanted: readonly SpanRecord[]): Promise<readonly SpanRecord[]> {
  const spans: SpanRecord[] = [];
  for await (const batch of backend.fetch([...new Set(wanted.map((span) => span.traceId))], signal))
    spans.push(...batch);
  return spans;
}

async function inParts(
  spans: readonly SpanRecord[],
  send: (part: readonly SpanRecord[]) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < spans.length; from += 2_000) await send(spans.slice(from, from + 2_000));
}

async function post(url: string, body: string): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
}
