/**
 * Spans a second read out of OTLP, from bytes in memory to `SpanRecord`s and on into a table:
 *
 *   node bench/parsing.ts [rounds, 40] [folder of recordings]
 *
 * A request of 5,000 spans of ten attributes each is read again and again. Beside JSON stands `JSON.parse` alone, which
 * no reader of JSON can be faster than. The `.json.gz` files below a folder are read piece by piece, decompressed before.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { readOtlpJson } from '../src/formats/otlp-json.ts';
import { readOtlpProtobuf } from '../src/formats/otlp-protobuf.ts';
import { Collected } from '../src/formats/reading.ts';
import { TraceText } from '../src/formats/trace-text.ts';
import type { SpanRecord } from '../src/model/span.ts';
import { TableBuilder } from '../src/trace/build.ts';
import { encodeJson, encodeProtobuf } from '../test/receiver/otlp-encode.ts';
import { perSecond, Stopwatch } from './stopwatch.ts';

const rounds = Number(process.argv[2] ?? 40);
const folder = process.argv[3];
/** Decompressed recordings are held in memory, so a large folder is read as far as that. */
const RECORDINGS_LIMIT = 256 * 1024 * 1024;
const SPANS = 5_000;
const A_TRACE = 20;
const EPOCH = 1_800_000_000_000_000;
const WARM_UP = 6;

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

const RESOURCES = Array.from({ length: 5 }, (_, service) => ({
  'service.name': `service-${service}`,
  'service.version': '1.4.2',
  'host.name': `node-${service}`,
}));

function span(serial: number): SpanRecord {
  const trace = Math.floor(serial / A_TRACE);
  const within = serial % A_TRACE;
  const service = `service-${(within >> 1) % 5}`;
  const start = EPOCH + trace * 10_000 + within * 100;
  return {
    traceId: hex(trace + 1, 32),
    spanId: hex(serial + 1, 16),
    ...(within === 0 ? {} : { parentSpanId: hex(serial, 16) }),
    service,
    name: within % 2 === 1 ? 'GET' : 'GET /cart/{id}',
    kind: within % 2 === 1 ? 'client' : 'server',
    start,
    end: start + (A_TRACE - within) * 150,
    status: 'unset',
    attributes: {
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.full': `http://${service}:8080/cart/${hex(serial * 7_919, 8)}?user=${serial}`,
      'url.scheme': 'http',
      'server.address': service,
      'network.protocol.version': '1.1',
      'user_agent.original': 'shop/2.1 (linux)',
      'request.id': hex(serial * 104_729, 16),
      'http.response.body.size': serial % 100_000,
      'thread.id': serial % 64,
    },
    resource: RESOURCES[(within >> 1) % 5] ?? {},
    events: [],
    links: [],
  };
}

const spans = Array.from({ length: SPANS }, (_, serial) => span(serial));
// As an exporter sends them: the spans of one process together.
const together = [...Map.groupBy(spans, ({ service }) => service).values()].flat();
const json = encodeJson(together);
const protobuf = encodeProtobuf(together);

/** Every batch of what one reading gave. */
type Reading = () => Iterable<readonly SpanRecord[]>;

const readings: Readonly<Record<string, Reading>> = {
  'OTLP protobuf': () => {
    const collected = new Collected();
    readOtlpProtobuf(protobuf, collected);
    return collected.take();
  },
  'OTLP JSON, whole': () => {
    const collected = new Collected();
    readOtlpJson(JSON.parse(json.toString()), collected);
    return collected.take();
  },
  'OTLP JSON, piece by piece as from a file': () => {
    const text = new TraceText('file');
    const batches = [...text.push(json)];
    return [...batches, ...text.end()];
  },
};

/** The recordings below the folder, decompressed, until they are too large to be held. */
function recordingsBelow(root: string): readonly Buffer[] {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json.gz'));
  const recordings: Buffer[] = [];
  let size = 0;
  for (const name of names.sort()) {
    if (size >= RECORDINGS_LIMIT) break;
    const recording = gunzipSync(readFileSync(join(root, name)));
    recordings.push(recording);
    size += recording.length;
  }
  return recordings;
}

/** Reads again and again; the first rounds warm the compiler and do not count. */
function timed(work: () => void): Stopwatch {
  for (let round = 0; round < WARM_UP; round++) work();
  const watch = new Stopwatch();
  for (let round = 0; round < rounds; round++) watch.run(work);
  return watch;
}

const count = SPANS * rounds;
console.log(
  `${count} spans, ${(json.length / SPANS).toFixed(0)} bytes each as JSON, ${(protobuf.length / SPANS).toFixed(0)} as protobuf`,
);
console.log('in brackets: by time on the processor\n');
console.log(
  `JSON.parse alone: ${perSecond(
    count,
    timed(() => JSON.parse(json.toString())),
  )}`,
);
for (const [what, read] of Object.entries(readings)) {
  const records = timed(() => void [...read()]);
  const table = timed(() => {
    const builder = new TableBuilder();
    for (const batch of read()) builder.add(batch);
    builder.finish();
  });
  console.log(`${what}: ${perSecond(count, records)}; with a table made of each request: ${perSecond(count, table)}`);
}
if (folder !== undefined) {
  const recordings = recordingsBelow(folder);
  const readAll = () => {
    let spans = 0;
    for (const recording of recordings) {
      const text = new TraceText('file');
      for (const batch of text.push(recording)) spans += batch.length;
      for (const batch of text.end()) spans += batch.length;
    }
    return spans;
  };
  readAll();
  const watch = new Stopwatch();
  const size = watch.run(readAll);
  const bytes = recordings.reduce((sum, { length }) => sum + length, 0);
  const about = `${recordings.length} recordings below ${folder}, ${size} spans, ${(bytes / size).toFixed(0)} bytes each`;
  console.log(`${about}: ${perSecond(size, watch)}`);
}
