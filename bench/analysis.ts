/**
 * Time to work out what broke, after the spans were read: `node --expose-gc bench/analysis.ts` runs every size,
 * `… bench/analysis.ts TRACES SPANS` one (spans a trace), `… bench/analysis.ts names` six traces of 20,000 calls each with a
 * name of its own, `… bench/analysis.ts objects TRACES` one of the measurements over columns and, in the same run, over an
 * object a span. Half of the traces are healthy, and one of the twelve services takes five times as long in the other half.
 * The clock runs while the table is finished and analysed; a small analysis before it warms the compiler. What the thread had
 * of the processor stands beside it in brackets, for machines that are shared.
 */
import { spawnSync } from 'node:child_process';
import { analyse } from '../src/investigation/analyse.ts';
import type { SpanRecord } from '../src/model/span.ts';
import type { SpanTable } from '../src/model/trace.ts';
import { at, numberAt } from '../src/model/units.ts';
import { ensure } from '../src/population/numbering.ts';
import { TableBuilder } from '../src/trace/build.ts';
import { PairNumbers } from '../src/trace/pair-numbers.ts';
import { selfTimes } from '../src/trace/self-time.ts';
import { Stopwatch } from './stopwatch.ts';

const SIZES = [
  [250, 40],
  [2_500, 40],
  [10_000, 40],
  [25_000, 40],
] as const;
const BATCH = 5_000;
const EPOCH = 1_800_000_000_000_000;
const SERVICES = 12;
const SLOW = 7;

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

/** Deterministic noise, 0…1. */
function noise(seed: number): number {
  const mixed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d);
  return ((mixed ^ (mixed >>> 12)) >>> 0) / 2 ** 32;
}

const resources = Array.from({ length: SERVICES }, (_, service) => ({
  'service.name': `service-${service}`,
  'service.version': '1.4.2',
  'host.name': `node-${service}`,
}));

type Node = { readonly parent: number; readonly service: number; readonly kind: SpanRecord['kind'] };

/** The shape of a request: CLIENT and SERVER pairs, each server calling two others, as far as `spans` reach. */
function shapeOf(spans: number): readonly Node[] {
  const nodes: Node[] = [{ parent: -1, service: 0, kind: 'server' }];
  for (let server = 0; nodes.length < spans; server += server === 0 ? 2 : 1) {
    if (nodes[server]?.kind !== 'server') continue;
    for (let call = 0; call < 2 && nodes.length + 1 < spans; call++) {
      nodes.push({ parent: server, service: nodes[server]?.service ?? 0, kind: 'client' });
      nodes.push({ parent: nodes.length - 1, service: (nodes.length >> 1) % SERVICES, kind: 'server' });
    }
    if (nodes.length + 1 >= spans) break;
  }
  return nodes;
}

/** One request; a span takes its own time and that of everything below it, children one after the other. */
function request(trace: number, shape: readonly Node[], sick: boolean, ownNames: boolean): readonly SpanRecord[] {
  const length = new Float64Array(shape.length);
  const start = new Float64Array(shape.length);
  for (let index = shape.length - 1; index >= 0; index--) {
    const { service, kind, parent } = shape[index] ?? { service: 0, kind: 'server', parent: -1 };
    const own = (kind === 'client' ? 400 : 2_000) * (0.7 + 0.6 * noise(trace * 4_099 + index));
    length[index] = (length[index] ?? 0) + own * (sick && kind === 'server' && service === SLOW ? 5 : 1);
    if (parent >= 0) length[parent] = (length[parent] ?? 0) + (length[index] ?? 0);
  }
  const reached = new Float64Array(shape.length);
  return shape.map(({ parent, service, kind }, index) => {
    const from = parent < 0 ? EPOCH + trace * 20_000 : (start[parent] ?? 0) + 200 + (reached[parent] ?? 0);
    if (parent >= 0) reached[parent] = (reached[parent] ?? 0) + (length[index] ?? 0);
    start[index] = from;
    const route = ownNames ? `/part-${letters(index)}` : `/part-${service}`;
    return {
      traceId: hex(trace + 1, 32),
      spanId: hex(trace * shape.length + index + 1, 16),
      ...(parent < 0 ? {} : { parentSpanId: hex(trace * shape.length + parent + 1, 16) }),
      service: `service-${service}`,
      name: kind === 'client' ? `GET ${route}` : `GET /service-${service}`,
      kind,
      start: Math.round(from),
      end: Math.round(from + (length[index] ?? 0)),
      status: 'unset',
      attributes: {
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'url.path': route,
        'server.address': `service-${service}`,
        'network.protocol.version': '1.1',
        'user.id': `u${trace % 997}`,
        'thread.id': index % 64,
      },
      resource: resources[service] ?? {},
      events: [],
      links: [],
    };
  });
}

/** Letters only: digits of a name would be taken for a parameter. */
const letters = (value: number): string =>
  [...value.toString(26)].map((c) => 'abcdefghijklmnopqrstuvwxyz'[Number.parseInt(c, 26)]).join('');

function wide(calls: number): readonly Node[] {
  const nodes: Node[] = [{ parent: -1, service: 0, kind: 'server' }];
  for (let call = 0; call < calls; call++) nodes.push({ parent: 0, service: 0, kind: 'client' });
  return nodes;
}

const megabytes = (bytes: number) => Math.round(bytes / 1_048_576);

function measure(traces: number, shape: readonly Node[], ownNames: boolean): string {
  const builder = new TableBuilder();
  let batch: SpanRecord[] = [];
  const healthy = new Set<string>();
  for (let trace = 0; trace < traces; trace++) {
    const sick = trace >= traces / 2;
    if (!sick) healthy.add(hex(trace + 1, 32));
    for (const span of request(trace, shape, sick, ownNames)) {
      batch.push(span);
      if (batch.length < BATCH) continue;
      builder.add(batch);
      batch = [];
    }
  }
  builder.add(batch);
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const [building, analysing] = [new Stopwatch(), new Stopwatch()];
  const table = building.run(() => builder.finish());
  const baseline = Uint8Array.from(table.traceIds, (id) => (healthy.has(id) ? 1 : 0));
  const { verdict } = analysing.run(() => analyse({ table, baseline }));
  const [top] = verdict.hypotheses;
  const aSpan = (spent: number) => ((spent * 1_000) / table.size).toFixed(2);
  return [
    `${table.size} spans in ${traces} traces: table ${building}, analysis ${analysing};`,
    `${aSpan(building.wall + analysing.wall)} (${aSpan(building.cpu + analysing.cpu)}) µs a span;`,
    `resident ${megabytes(before)} MB before, at most ${megabytes(process.resourceUsage().maxRSS * 1_024)} MB;`,
    `${verdict.kind} ${JSON.stringify(top?.component ?? {})}`,
  ].join(' ');
}

/** Medians of self time by service and operation, over the columns of a table. */
function overColumns(table: SpanTable): readonly number[] {
  const self = selfTimes(table);
  const numbers = new PairNumbers();
  const group = Int32Array.from(table.service, (service, row) => numbers.number(service, at(table.operation, row)));
  const from = new Int32Array(numbers.size + 1);
  for (const number of group) from[number + 1] = at(from, number + 1) + 1;
  for (let number = 0; number < numbers.size; number++) from[number + 1] = at(from, number + 1) + at(from, number);
  const next = from.slice();
  const times = new Float64Array(table.size);
  for (let row = 0; row < table.size; row++) {
    const number = at(group, row);
    times[at(next, number)] = numberAt(self, row);
    next[number] = at(next, number) + 1;
  }
  return Array.from({ length: numbers.size }, (_, number) => {
    const sample = times.subarray(at(from, number), at(from, number + 1)).sort();
    return numberAt(sample, sample.length >> 1);
  });
}

type Linked = { readonly span: SpanRecord; readonly children: Linked[] };

/** The same over an object a span, linked to its children, as most tools that read traces hold them. */
function overObjects(spans: readonly Linked[]): readonly number[] {
  const groups = new Map<string, number[]>();
  for (const { span, children } of spans) {
    const inOrder = children.map((child) => child.span).sort((a, b) => a.start - b.start);
    let covered = 0;
    let reached = span.start;
    for (const { start, end } of inOrder) {
      const [begin, finish] = [Math.max(start, reached), Math.min(end, span.end)];
      if (finish <= begin) continue;
      covered += finish - begin;
      reached = finish;
    }
    ensure(groups, `${span.service} ${span.name}`, () => []).push(span.end - span.start - covered);
  }
  return [...groups.values()].map((times) => times.sort((a, b) => a - b)[times.length >> 1] ?? 0);
}

function sideBySide(traces: number): string {
  const shape = shapeOf(40);
  const builder = new TableBuilder();
  const objects: Linked[] = [];
  for (let trace = 0; trace < traces; trace++) {
    const batch = request(trace, shape, trace >= traces / 2, false);
    builder.add(batch);
    const linked = new Map(batch.map((span) => [span.spanId, { span, children: [] as Linked[] }]));
    for (const one of linked.values()) linked.get(one.span.parentSpanId ?? '')?.children.push(one);
    objects.push(...linked.values());
  }
  const table = builder.finish();
  const [columns, plain] = [new Stopwatch(), new Stopwatch()];
  for (let round = 0; round < 3; round++) {
    columns.run(() => overColumns(table));
    plain.run(() => overObjects(objects));
  }
  return `self times of ${table.size} spans by operation, three times: columns ${columns}, an object a span ${plain}`;
}

const [what, spans] = process.argv.slice(2);
if (what === undefined) {
  for (const size of [...SIZES.map((pair) => pair.map(String)), ['names'], ['objects', '10000']]) {
    const { stdout } = spawnSync(
      process.execPath,
      ['--expose-gc', ...process.execArgv, import.meta.filename, ...size],
      { encoding: 'utf8' },
    );
    process.stdout.write(stdout);
  }
} else {
  measure(200, shapeOf(40), false);
  if (what === 'objects') console.log(sideBySide(Number(spans ?? 10_000)));
  else if (what === 'names') console.log(measure(6, wide(20_000), true));
  else console.log(measure(Number(what), shapeOf(Number(spans ?? 40)), false));
}
