/**
 * Spans a second built into a table, and the memory that it takes: `node --expose-gc bench/table.ts [traces] [spans]`.
 * Records come batch by batch, as a backend hands them over, and the time to make them is not counted. Beside it stands the
 * plain alternative: every record kept, found through a map of maps by trace and id (`plain` as the last argument).
 */
import type { SpanRecord } from '../src/model/span.ts';
import { TableBuilder } from '../src/trace/build.ts';
import { callsOf } from '../src/trace/calls.ts';
import { criticalTimes } from '../src/trace/critical-path.ts';
import { selfTimes } from '../src/trace/self-time.ts';
import { perSecond, Stopwatch } from './stopwatch.ts';

const traces = Number(process.argv[2] ?? 25_000);
const perTrace = Number(process.argv[3] ?? 40);
const plain = process.argv[4] === 'plain';
const BATCH = 5_000;
const EPOCH = 1_800_000_000_000_000;

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

const resources = Array.from({ length: 12 }, (_, service) => ({
  'service.name': `service-${service}`,
  'service.version': '1.4.2',
  'host.name': `node-${service}`,
}));

/** A span with ten attributes, three of which never repeat; every second one is a CLIENT span, the next its SERVER. */
function span(trace: number, index: number): SpanRecord {
  const serial = trace * perTrace + index;
  const client = index % 2 === 1;
  const start = EPOCH + trace * 10_000 + index * 100;
  const id = (serial * 2_654_435_761) % 4_294_967_296;
  return {
    traceId: hex(trace + 1, 32),
    spanId: hex(serial + 1, 16),
    ...(index === 0 ? {} : { parentSpanId: hex(trace * perTrace + (client ? index >> 1 : index - 1) + 1, 16) }),
    service: `service-${(index >> 1) % 12}`,
    name: client ? 'GET' : 'GET /cart/{id}',
    kind: client ? 'client' : 'server',
    start,
    end: start + (perTrace - index) * 150,
    status: 'unset',
    attributes: {
      'http.request.method': 'GET',
      'http.response.status_code': serial % 97 === 0 ? 503 : 200,
      'url.full': `http://service-${index % 12}:8080/cart/${hex(id, 8)}?user=${serial}`,
      'url.scheme': 'http',
      'server.address': `service-${index % 12}`,
      'network.protocol.version': '1.1',
      'user_agent.original': 'shop/2.1 (linux)',
      'request.id': hex(id, 16),
      'http.response.body.size': id % 100_000,
      'thread.id': serial % 64,
    },
    resource: {},
    events: [],
    links: [],
  };
}

function* batches(): Generator<readonly SpanRecord[]> {
  let batch: SpanRecord[] = [];
  for (let trace = 0; trace < traces; trace++) {
    for (let index = 0; index < perTrace; index++) {
      // Through JSON, so that every text is a string of its own as it is after decoding; decoders share resources.
      const record = span(trace, index);
      batch.push({ ...JSON.parse(JSON.stringify(record)), resource: resources[(index >> 1) % 12] });
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
  }
  yield batch;
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1_048_576)} MB`;
const heldMemory = () => {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return `${megabytes(heapUsed + external)} held, ${megabytes(rss)} resident`;
};

const size = traces * perTrace;
console.log(
  `${size} spans in ${traces} traces; before: ${heldMemory()}; figures in brackets: by time on the processor`,
);
const building = new Stopwatch();
if (plain) {
  const index = new Map<string, Map<string, SpanRecord>>();
  for (const batch of batches()) {
    building.run(() => {
      for (const record of batch) {
        const trace = index.get(record.traceId) ?? new Map<string, SpanRecord>();
        index.set(record.traceId, trace.set(record.spanId, record));
      }
    });
  }
  console.log(`plain objects: ${perSecond(size, building)}; ${heldMemory()}; ${index.size} traces`);
} else {
  const builder = new TableBuilder();
  for (const batch of batches()) building.run(() => builder.add(batch));
  console.log(`added: ${building}, ${perSecond(size, building)}; ${heldMemory()}`);
  const finishing = new Stopwatch();
  const table = finishing.run(() => builder.finish());
  const whole = { wall: building.wall + finishing.wall, cpu: building.cpu + finishing.cpu };
  console.log(`finished: ${finishing}; ${perSecond(size, whole)} in all`);
  console.log(`table of ${table.size}: ${heldMemory()}`);
  const work = { 'critical path': criticalTimes, 'self time': selfTimes, calls: callsOf };
  for (const [what, measure] of Object.entries(work)) {
    const watch = new Stopwatch();
    watch.run(() => measure(table));
    console.log(`${what}: ${watch}`);
  }
  console.log(`after analysis: ${heldMemory()}; ${table.size} spans`);
}
