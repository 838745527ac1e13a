import type { Attributes, SpanKind, SpanRecord } from '../../src/model/span.ts';
import type { SpanId, TraceId } from '../../src/model/units.ts';

/**
 * Populations of traces for the five incidents, drawn from a seed. The geometry follows what the JavaScript SDK really emits:
 * starts on whole milliseconds, finer ends, `tls.connect` under the CLIENT span, a SERVER span that ends when its client
 * hangs up. Names are shuffled per seed, so that nothing can depend on them.
 */
export type Fault =
  | 'none'
  | 'tls-retry'
  | 'write-race'
  | 'slow-serialisation'
  | 'auth-cascade'
  | 'audit'
  | 'slow-store'
  | 'one-service-errors';

export type Names = {
  readonly gateway: string;
  readonly order: string;
  readonly auth: string;
  readonly inventory: string;
  readonly payment: string;
  readonly provider: string;
  readonly bystander: string;
};

export type Options = {
  readonly seed: number;
  readonly fault: Fault;
  readonly suspects?: number;
  readonly baseline?: number;
  /** Share of the incident's requests that meet the fault. */
  readonly share?: number;
  /** A service off the path of the fault that became slower at the same time. */
  readonly distractor?: boolean;
  /** Everything takes this much longer in the incident. */
  readonly load?: number;
};

export type Population = {
  readonly names: Names;
  readonly baseline: readonly SpanRecord[];
  readonly suspects: readonly SpanRecord[];
};

const EPOCH = 1_790_000_000_000_000;
const MS = 1_000;
const POOL = [
  'amber',
  'birch',
  'cobalt',
  'delta',
  'ember',
  'fjord',
  'garnet',
  'harbor',
  'indigo',
  'juniper',
  'kelp',
  'lagoon',
];

export function generate(options: Options): Population {
  const random = mulberry(options.seed);
  const words = shuffle(POOL, random);
  const word = (i: number) => `${words[i]}-svc`;
  const names: Names = {
    gateway: word(0),
    order: word(1),
    auth: word(2),
    inventory: word(3),
    payment: word(4),
    provider: `${words[5]}.example`,
    bystander: word(6),
  };
  const make = (count: number, fault: Fault, from: number, distractor: boolean, load: number): SpanRecord[] => {
    const spans: SpanRecord[] = [];
    for (let i = 0; i < count; i++) {
      const hit = random() < (options.share ?? 1);
      const shop = new Request(
        random,
        names,
        EPOCH + from + i * 220 * MS,
        hit ? fault : 'none',
        fault,
        distractor,
        load,
      );
      spans.push(...shop.run(i));
    }
    return spans;
  };
  return {
    names,
    baseline: make(options.baseline ?? 60, 'none', 0, false, 1),
    suspects: make(options.suspects ?? 60, options.fault, 600_000 * MS, options.distractor ?? false, options.load ?? 1),
  };
}

/** One checkout: gateway asks auth, then order; order reserves, pays, writes. Times are µs. */
class Request {
  readonly #spans: SpanRecord[] = [];
  readonly #random: () => number;
  readonly #names: Names;
  readonly #fault: Fault;
  readonly #window: Fault;
  readonly #distractor: boolean;
  readonly #load: number;
  readonly #traceId: TraceId;
  #now: number;

  constructor(
    random: () => number,
    names: Names,
    start: number,
    fault: Fault,
    window: Fault,
    distractor: boolean,
    load: number,
  ) {
    this.#random = random;
    this.#names = names;
    this.#fault = fault;
    this.#window = window;
    this.#distractor = distractor;
    this.#load = load;
    this.#now = start + Math.floor(random() * 40 * MS);
    this.#traceId = hex(random, 32);
  }

  run(index: number): readonly SpanRecord[] {
    const { gateway, order, bystander } = this.#names;
    const user = `u-${Math.floor(this.#random() * 12)}`;
    const audited = this.#fault === 'audit' && index % 6 === 0;
    const version = this.#fault === 'slow-serialisation' ? '2' : '1';
    let failed = false;
    this.#serve(
      undefined,
      gateway,
      'POST /checkout',
      version,
      {
        'user.id': audited ? 'u-99' : user,
        'client.address': audited ? '203.0.113.9' : '198.51.100.4',
        'user_agent.original': 'agent/1',
      },
      (entry) => {
        this.#work(3);
        if (this.#fault === 'slow-serialisation') this.#work(40);
        failed = !this.#authenticate(entry, version);
        if (!failed) {
          this.#call(entry, gateway, order, 'POST /orders', () => this.#placeOrder(audited, version));
          const slow = this.#distractor ? 60 : 4;
          this.#detached(entry, gateway, bystander, slow);
        }
        this.#work(2);
        return failed ? 503 : this.#fault === 'one-service-errors' ? 500 : 200;
      },
    );
    return this.#spans;
  }

  #authenticate(entry: SpanId, version: string): boolean {
    const { gateway, auth } = this.#names;
    if (this.#fault !== 'auth-cascade') {
      this.#call(entry, gateway, auth, 'GET /verify', () =>
        this.#serve(this.#parent, auth, 'GET /verify', version, {}, () => this.#took(6)),
      );
      return true;
    }
    for (let attempt = 0; attempt < 3; attempt++) {
      const client = this.#open(entry, gateway, 'GET', 'client', {
        'server.address': 'localhost',
        'server.port': 4001,
        'url.full': 'http://localhost:4001/verify',
      });
      const server = this.#open(client, auth, 'GET /verify', 'server', {});
      this.#work(250);
      this.#close(server, {});
      this.#close(client, { 'error.type': 'TimeoutError' }, 'error', 'The operation was aborted due to timeout');
      this.#work(20);
    }
    return false;
  }

  #placeOrder(audited: boolean, version: string): void {
    const { order, inventory, payment } = this.#names;
    this.#serve(this.#parent, order, 'POST /orders', this.#window === 'write-race' ? '2' : version, {}, (entry) => {
      if (this.#fault === 'slow-serialisation') this.#work(40);
      this.#work(2);
      const reserve = () =>
        this.#call(entry, order, inventory, 'POST /reserve', () =>
          this.#serve(this.#parent, inventory, 'POST /reserve', version, {}, (visit) => {
            this.#work(5);
            if (this.#fault === 'slow-serialisation') this.#work(40);
            this.#query(visit, inventory, 'SELECT', 'stock', audited ? 900 : 3);
            return 200;
          }),
        );
      const commit = () => this.#query(entry, order, 'INSERT', 'orders', 1);
      if (this.#fault === 'write-race') {
        const before = this.#now;
        reserve();
        const after = this.#now;
        this.#now = before + 1 * MS;
        commit();
        this.#now = Math.max(after, this.#now);
      } else {
        reserve();
        this.#work(1);
        commit();
      }
      this.#call(entry, order, payment, 'POST /charge', () =>
        this.#serve(this.#parent, payment, 'POST /charge', version === '2' ? '1' : version, {}, (visit) =>
          this.#charge(visit),
        ),
      );
      if (audited) this.#query(entry, order, 'SELECT', 'customers', 2_500);
      else this.#query(entry, order, 'SELECT', 'customers', 1);
      return this.#fault === 'one-service-errors' ? 500 : 200;
    });
  }

  /** Works and answers well. */
  #took(mean: number): number {
    this.#work(mean);
    return 200;
  }

  #charge(visit: SpanId): number {
    const { payment, provider } = this.#names;
    this.#work(2);
    const client = this.#open(visit, payment, 'POST', 'client', {
      'server.address': provider,
      'server.port': 443,
      'url.full': `https://${provider}/pay`,
    });
    const tries = this.#fault === 'tls-retry' ? 3 : 1;
    for (let attempt = 1; attempt <= tries; attempt++) {
      const last = attempt === tries;
      const tls = this.#open(client, payment, 'tls.connect', 'internal', {});
      const tcp = this.#open(tls, payment, 'tcp.connect', 'internal', {});
      this.#work(1);
      this.#close(tcp, {});
      this.#work(last ? 4 : 400);
      this.#close(tls, {}, last ? 'unset' : 'error', last ? undefined : 'TLS handshake timed out');
      if (!last) this.#work(50);
    }
    this.#work(12);
    this.#close(client, { 'http.response.status_code': 200 });
    return 200;
  }

  #query(parent: SpanId, service: string, verb: string, table: string, rows: number): void {
    const span = this.#open(parent, service, `${verb} ${table}`, 'client', {
      'db.system.name': 'postgresql',
      'db.namespace': service,
      'db.operation.name': verb,
      'db.collection.name': table,
      'db.response.returned_rows': rows,
    });
    // A thousand rows more take some 40 ms more.
    this.#work(this.#fault === 'slow-store' && table === 'stock' ? 120 : 3 + rows / 25);
    this.#close(span, {});
  }

  #parent: SpanId | undefined;

  #call(parent: SpanId, from: string, to: string, operation: string, body: () => void): void {
    const path = operation.split(' ')[1] ?? '/';
    const client = this.#open(parent, from, operation.split(' ')[0] ?? 'GET', 'client', {
      'server.address': 'localhost',
      'url.full': `http://localhost:4001${path}`,
    });
    this.#work(0.6);
    this.#parent = client;
    body();
    this.#work(0.6);
    const failed = this.#fault === 'one-service-errors' && to === this.#names.order;
    this.#close(client, { 'http.response.status_code': failed ? 500 : 200 }, failed ? 'error' : 'unset');
  }

  /** A notification that nobody waits for. */
  #detached(parent: SpanId, from: string, to: string, slow: number): void {
    const now = this.#now;
    const client = this.#open(parent, from, 'POST', 'client', { 'url.full': 'http://localhost:4009/notify' });
    const server = this.#open(client, to, 'POST /notify', 'server', {});
    this.#work(slow);
    this.#close(server, {});
    this.#close(client, {});
    this.#now = now;
    this.#work(1);
  }

  #serve(
    parent: SpanId | undefined,
    service: string,
    name: string,
    version: string,
    attributes: Attributes,
    body: (span: SpanId) => number,
  ): void {
    const span = this.#open(
      parent,
      service,
      name,
      'server',
      { 'http.route': name.split(' ')[1] ?? '/', 'http.request.method': name.split(' ')[0] ?? 'GET', ...attributes },
      version,
    );
    const code = body(span);
    this.#close(span, { 'http.response.status_code': code }, code >= 500 ? 'error' : 'unset');
  }

  #open(
    parent: SpanId | undefined,
    service: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    version = '1',
  ): SpanId {
    const spanId = hex(this.#random, 16);
    const known = this.#spans.find((span) => span.spanId === parent && span.service === service);
    this.#spans.push({
      traceId: this.#traceId,
      spanId,
      ...(parent === undefined ? {} : { parentSpanId: parent }),
      service,
      name,
      kind,
      start: Math.floor(this.#now / MS) * MS,
      end: 0,
      status: 'unset',
      attributes,
      resource: {
        'service.name': service,
        'service.version': known === undefined ? version : (known.resource['service.version'] ?? version),
      },
      events: [],
      links: [],
    });
    return spanId;
  }

  #close(spanId: SpanId, attributes: Attributes, status: SpanRecord['status'] = 'unset', statusMessage?: string): void {
    const index = this.#spans.findIndex((span) => span.spanId === spanId);
    const span = this.#spans[index];
    if (span === undefined) return;
    this.#spans[index] = {
      ...span,
      end: Math.round(this.#now),
      status,
      ...(statusMessage === undefined ? {} : { statusMessage }),
      attributes: { ...span.attributes, ...attributes },
    };
  }

  /** Lets time pass: the mean in milliseconds, spread as real work is. */
  #work(mean: number): void {
    const noise = Math.exp((this.#random() + this.#random() + this.#random() - 1.5) * 0.35);
    this.#now += Math.max(50, mean * MS * noise * this.#load);
  }
}

function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function hex(random: () => number, length: number): string {
  let text = '';
  while (text.length < length) text += Math.floor(random() * 16).toString(16);
  return /^0+$/.test(text) ? `1${text.slice(1)}` : text;
}

function shuffle(list: readonly string[], random: () => number): readonly string[] {
  return list
    .map((value) => ({ value, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
