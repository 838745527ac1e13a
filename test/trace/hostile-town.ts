import { Random } from '../../bench/scenarios/random.ts';
import type { Attributes, SpanEvent, SpanKind, SpanRecord } from '../../src/model/span.ts';

const EPOCH = 1_790_000_000_000_000;
const SERVICES = ['gate', 'desk', 'vault', 'mail', 'cache'];

type Menu = { readonly kind: SpanKind; readonly name: string; readonly attributes: Attributes };
const item = (kind: SpanKind, name: string, attributes: Attributes = {}): Menu => ({ kind, name, attributes });

/** What a span may be: today's conventions, gaps in them, and names that only a machine would give. */
const MENU: readonly Menu[] = [
  item('server', 'GET /orders/{id}', { 'http.request.method': 'GET', 'http.route': '/orders/{id}' }),
  item('server', 'GET', { 'http.request.method': 'GET', 'url.path': '/orders/7f3a2b1c9d/items/42' }),
  item('server', '/shop.Desk/Book', { 'rpc.system.name': 'grpc', 'rpc.service': 'shop.Desk', 'rpc.method': 'Book' }),
  item('server', 'POST /pay', {
    'http.request.method': 'POST',
    'http.response.status_code': 503,
    'client.address': '::1',
  }),
  item('client', 'GET', {
    'http.request.method': 'GET',
    'server.address': 'desk',
    'url.full': 'http://desk/seats/12?a=b',
  }),
  item('client', 'GET', {
    'http.request.method': 'GET',
    'server.address': 'desk',
    'server.port': 8443,
    'http.request.resend_count': 1,
  }),
  item('client', 'POST', { 'service.peer.name': 'vault', 'http.response.status_code': 504, 'error.type': 'timeout' }),
  item('client', 'shop.Desk/Book', {
    'rpc.system.name': 'grpc',
    'rpc.method': 'Book',
    'rpc.response.status_code': 'DEADLINE_EXCEEDED',
  }),
  item('client', 'GET', { 'http.request.method': 'GET', 'server.address': 'vault', 'http.response.status_code': 404 }),
  item('client', 'SELECT orders', {
    'db.system.name': 'postgresql',
    'db.query.summary': 'SELECT orders',
    'server.address': 'pg',
  }),
  item('client', 'query', {
    'db.system.name': 'postgresql',
    'db.query.text': "SELECT * FROM seats WHERE id = 'x9' AND n = 5",
  }),
  item('client', 'GET', { 'db.system.name': 'redis', 'db.operation.name': 'GET', 'server.address': 'cache' }),
  item('client', 'INSERT', {
    'db.system.name': 'mysql',
    'db.operation.name': 'INSERT',
    'db.collection.name': 'orders',
  }),
  item('producer', 'letters publish', {
    'messaging.destination.name': 'letters',
    'messaging.operation.type': 'publish',
  }),
  item('consumer', 'letters process', {
    'messaging.destination.name': 'letters',
    'messaging.operation.type': 'process',
  }),
  item('client', 'letters receive', { 'messaging.destination.name': 'letters', 'messaging.operation.type': 'receive' }),
  item('internal', 'tls.connect', { 'network.transport': 'tcp' }),
  item('internal', 'tcp.connect', { 'network.peer.address': '10.0.0.7', 'network.peer.port': 5432 }),
  item('internal', 'DNS lookup vault'),
  item('internal', 'HTTP wait_for_connection'),
  item('internal', 'work 1234 of user 99ab44cd'),
  item('internal', 'größe ✓', { tags: ['a', 'b'], big: true }),
  item('unspecified', '', { 'http.request.method': 'GET' }),
];

/** Spans of some traces with everything that can go wrong with them; the same seed gives the same ones on every machine. */
export function hostileTown(seed: number, traces: number): readonly SpanRecord[] {
  const random = new Random(seed);
  const clocks = new Map(
    SERVICES.map((service) => [service, random.chance(0.5) ? Math.round(random.between(-40_000, 40_000)) : 0]),
  );
  const all: SpanRecord[] = [];
  for (let number = 0; number < traces; number++) {
    const spans = grow(random, number, seed);
    all.push(
      ...damaged(
        random,
        spans.map((span) => ticking(span, clocks.get(span.service) ?? 0)),
      ),
    );
  }
  return random.shuffled(all);
}

/** A tree in which every span lies in the one that asked for it, save some that go on. */
function grow(random: Random, number: number, seed: number): readonly SpanRecord[] {
  const traceId = `${random.hex(16)}${String(seed * 100 + number).padStart(16, '0')}`;
  const spans: SpanRecord[] = [];
  const size = 4 + Math.floor(random.between(0, 22));
  for (let index = 0; index < size; index++) {
    const parent = index === 0 ? undefined : spans[Math.floor(random.between(Math.max(0, index - 6), index))];
    spans.push(spanBelow(random, parent, traceId, EPOCH + number * 1_000_000));
  }
  return spans;
}

function spanBelow(random: Random, parent: SpanRecord | undefined, traceId: string, began: number): SpanRecord {
  const { kind, name, attributes } = random.pick(MENU);
  const room = parent === undefined ? 900_000 : Math.max(1, parent.end - parent.start);
  const start = parent === undefined ? began : parent.start + Math.floor(random.between(0, room * 0.7));
  const long = Math.floor(random.between(0, random.chance(0.15) ? room * 1.5 : room * 0.4));
  const away = parent === undefined || kind === 'server' || kind === 'consumer';
  const service = away ? random.pick(SERVICES) : parent.service;
  const failed = random.chance(0.2);
  return {
    traceId,
    spanId: random.hex(16),
    ...(parent === undefined ? {} : { parentSpanId: parent.spanId }),
    service,
    name,
    kind,
    // Some clocks tick in milliseconds.
    start: service === 'desk' ? start - (start % 1_000) : start,
    end: start + long,
    status: failed ? 'error' : random.chance(0.1) ? 'ok' : 'unset',
    ...(failed && random.chance(0.5) ? { statusMessage: random.pick(['timed out', 'reset', 'no seat 17']) } : {}),
    attributes: { ...attributes, ...(random.chance(0.2) ? { 'request.id': random.hex(8) } : {}) },
    resource: resourceOf(random, service),
    events: random.chance(0.25) ? [eventOf(random, start, long)] : [],
    links: random.chance(0.1) ? [{ traceId, spanId: random.hex(16), attributes: {} }] : [],
    ...(random.chance(0.3) ? { scope: random.pick(['@opentelemetry/instrumentation-net', 'own']) } : {}),
  };
}

const resourceOf = (random: Random, service: string): Attributes => ({
  'service.name': service,
  'service.version': random.pick(['1', '2']),
  ...(service === 'cache' ? {} : { 'host.name': `${service}-host` }),
  ...(random.chance(0.5) ? { 'k8s.pod.name': `${service}-${random.pick(['a', 'b'])}` } : {}),
});

const eventOf = (random: Random, start: number, long: number): SpanEvent => ({
  name: random.pick(['exception', 'cache.miss', 'retry', 'log']),
  time: start + Math.floor(long * random.next()),
  attributes: {
    'exception.type': random.pick(['ETIMEDOUT', 'Error', 'AbortError']),
    'exception.message': `seat ${random.hex(4)} is gone`,
  },
});

const ticking = (span: SpanRecord, off: number): SpanRecord => ({
  ...span,
  start: span.start + off,
  end: span.end + off,
  events: span.events.map((event) => ({ ...event, time: event.time + off })),
});

/** Lost, doubled, renamed, turned round and out of time. */
function damaged(random: Random, spans: readonly SpanRecord[]): readonly SpanRecord[] {
  const left = random.chance(0.4)
    ? spans.filter((span) => span.parentSpanId === undefined || !random.chance(0.15))
    : spans;
  return left.flatMap((span): readonly SpanRecord[] => {
    const fate = random.next();
    if (fate < 0.03) return [span, { ...span }];
    if (fate < 0.05) return [span, { ...span, attributes: {}, end: span.end + 5 }];
    if (fate < 0.07 && span.kind === 'client')
      return [span, { ...span, kind: 'server', service: random.pick(SERVICES) }];
    if (fate < 0.09) return [{ ...span, parentSpanId: random.pick(spans).spanId }];
    if (fate < 0.1) return [{ ...span, parentSpanId: span.spanId }];
    if (fate < 0.12) return [{ ...span, end: span.start - 700 }];
    if (fate < 0.13) return [{ ...span, start: Number.NaN }];
    if (fate < 0.14) return [{ ...span, end: 0 }];
    if (fate < 0.15) return [{ ...span, start: span.start + 4e13, end: span.end + 4e13 }];
    return [span];
  });
}
