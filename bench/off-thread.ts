/**
 * What a person's request waits for while a large incident is analysed: the delay of the main loop, with the analysis on the
 * same thread and on its own. `npx node bench/off-thread.ts [traces] [rounds]`; 10,000 traces of 40 spans by default. In both
 * cases spans come in batches of 5,000, as a backend hands them over, and a timer asks every 5 ms whether it is late.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AnalysisThread } from '../src/compose/analysis-thread.ts';
import { analystOnThisThread } from '../src/investigation/study.ts';
import type { SpanRecord } from '../src/model/span.ts';
import type { Analyst } from '../src/ports/analyst.ts';

const traces = Number(process.argv[2] ?? 10_000);
const rounds = Number(process.argv[3] ?? 5);
const SPANS_A_TRACE = 40;
const BATCH = 5_000;
const EPOCH = 1_800_000_000_000_000;
const signal = new AbortController().signal;

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
const resources = Array.from({ length: 12 }, (_, n) => ({ 'service.name': `service-${n}`, 'service.version': '1' }));

/** One request: a chain of calls through twelve services, one of which takes five times as long in the later half. */
function request(trace: number): readonly SpanRecord[] {
  const sick = trace >= traces / 2;
  const start = EPOCH + trace * 20_000;
  const length = (depth: number) => (SPANS_A_TRACE - depth) * 1_000 + (sick && depth <= 14 ? 8_000 : 0);
  return Array.from({ length: SPANS_A_TRACE }, (_, depth) => {
    const service = (depth >> 1) % resources.length;
    return {
      traceId: hex(trace + 1, 32),
      spanId: hex(trace * SPANS_A_TRACE + depth + 1, 16),
      ...(depth === 0 ? {} : { parentSpanId: hex(trace * SPANS_A_TRACE + depth, 16) }),
      service: `service-${service}`,
      name: `GET /part-${service}`,
      kind: depth % 2 === 0 ? 'server' : 'client',
      start: start + depth * 200 + (trace % 7),
      end: start + depth * 200 + length(depth),
      status: 'unset',
      attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200, 'user.id': `u${trace % 997}` },
      resource: resources[service] ?? {},
      events: [],
      links: [],
    };
  });
}

/** Batches are made outside of the measured time, one after the other, so that they never stand in memory together. */
async function play(analyst: Analyst) {
  const study = analyst.open();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let busyMs = 0;
  const measured = async <T>(work: () => Promise<T>): Promise<T> => {
    delay.enable();
    const from = performance.now();
    const result = await work();
    busyMs += performance.now() - from;
    // A delay counts once the timer has come through.
    await new Promise((resolve) => setTimeout(resolve, 15));
    delay.disable();
    return result;
  };
  let batch: SpanRecord[] = [];
  for (let trace = 0; trace < traces; trace += 1) {
    batch.push(...request(trace));
    if (batch.length < BATCH && trace < traces - 1) continue;
    const full = batch;
    batch = [];
    await measured(() => study.add(full, signal));
  }
  const suspects = Array.from({ length: traces / 2 }, (_, n) => hex(traces / 2 + n + 1, 32));
  const divided = await measured(() => study.divide({ by: 'hand', suspects }, signal));
  const { verdict } = await measured(() => study.analyse({}, signal));
  study.close();
  return {
    busyMs,
    delay,
    spans: divided.spans,
    verdict: `${verdict.kind} ${JSON.stringify(verdict.hypotheses[0]?.component)}`,
  };
}

const thread = new AnalysisThread({ info: () => {}, warn: () => {}, error: console.error });
thread.start();
const shapes = [
  ['on the main thread', analystOnThisThread()],
  ['on its own thread', thread],
] as const;
console.log('analysis             spans    whole ms   main loop late by: p50    p99    most ms   verdict');
for (let round = 0; round < rounds; round += 1) {
  for (const [shape, analyst] of shapes) {
    const { busyMs, delay, spans, verdict } = await play(analyst);
    const ms = (nanos: number) => (nanos / 1e6).toFixed(1).padStart(7);
    console.log(
      `${shape.padEnd(20)} ${spans} ${busyMs.toFixed(0).padStart(8)}                    ${ms(delay.percentile(50))}${ms(delay.percentile(99))} ${ms(delay.max)}   ${verdict}`,
    );
  }
}
await thread.close();
