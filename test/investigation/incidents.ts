import type { SpanRecord } from '../../src/model/span.ts';
import { MILLISECOND, SECOND } from '../../src/model/units.ts';

/** A made-up incident: what was usual, what went wrong, and how the machine felt. */
export type Sketch = {
  readonly seed: number;
  /** Requests before the fault, and from it on. */
  readonly healthy: number;
  readonly after: number;
  /** Share of the requests since the fault that are harmed. */
  readonly share: number;
  readonly harm: 'errors' | 'slow' | 'hang';
  readonly routes: number;
  /** Requests that fail all the time, fault or none. */
  readonly background: number;
  /** 1: evenly; more: so many times as many in bursts. */
  readonly bursts: number;
  /** Everything takes this many times longer at the end than at the beginning: a machine that gets tired. */
  readonly drift: number;
  /** Share of requests that the machine holds up for 200 ms at any time. */
  readonly stalls: number;
  /** So many of the last healthy requests are held up half of the time: the machine holds its breath, then recovers. */
  readonly breath?: number;
  /** So many requests before the failures are as slow as those are: what leads to them. */
  readonly creeping?: number;
  /** Seconds from a deploy to the fault; none when missing. */
  readonly deploy?: number | undefined;
};

export type Incident = {
  readonly spans: readonly SpanRecord[];
  readonly faultAt: number;
  readonly alertAt: number;
  readonly harmed: ReadonlySet<string>;
};

export const EPOCH = 1_790_000_000 * SECOND;

/** The same sketch, the same incident. Requests of several routes at ten a second, each a single span. */
export function incidentOf(sketch: Sketch): Incident {
  const random = generator(sketch.seed);
  const spans: SpanRecord[] = [];
  const harmed = new Set<string>();
  const total = sketch.healthy + sketch.after;
  let clock = EPOCH;
  let faultAt = Number.POSITIVE_INFINITY;
  const bases = Array.from({ length: sketch.routes }, () => 8 * MILLISECOND * Math.exp(2 * random()));
  const starts = Array.from({ length: total }, (_, n) => {
    const burst = Math.floor(n / 40) % 2 === 0 ? sketch.bursts : 1;
    clock += Math.round((-Math.log(1 - random()) * 100 * MILLISECOND) / burst);
    if (n === sketch.healthy) faultAt = clock;
    return clock;
  });
  for (const [n, start] of starts.entries()) {
    const traceId = (n + 1).toString(16).padStart(32, '0');
    const route = Math.floor(random() * sketch.routes);
    const tired = 1 + (sketch.drift - 1) * (n / total);
    let duration = (bases[route] ?? 0) * Math.exp(0.35 * normal(random)) * tired;
    if (random() < sketch.stalls) duration += 200 * MILLISECOND;
    let failed = random() < sketch.background;
    const left = sketch.healthy - n;
    if (sketch.breath !== undefined && left > 5 && left <= 5 + sketch.breath && random() < 0.5)
      duration += 400 * MILLISECOND;
    if (sketch.creeping !== undefined && left > 0 && left <= sketch.creeping) {
      harmed.add(traceId);
      duration += 900 * MILLISECOND;
    }
    if (sketch.creeping !== undefined && left <= 0) duration += 1_000 * MILLISECOND;
    if (n >= sketch.healthy && random() < sketch.share) {
      harmed.add(traceId);
      if (sketch.harm === 'errors') failed = true;
      if (sketch.harm === 'slow') duration = duration * 4 + 60 * MILLISECOND;
      if (sketch.harm === 'hang') duration += 3 * SECOND;
    }
    const deployed = sketch.deploy !== undefined && start >= faultAt - sketch.deploy * SECOND;
    spans.push({
      traceId,
      spanId: traceId.slice(16),
      service: 'shop',
      name: `GET /${'abcdefgh'[route]}`,
      kind: 'server',
      start,
      end: start + Math.round(duration),
      status: failed ? 'error' : 'unset',
      attributes: {},
      resource: { 'service.version': deployed ? '2' : '1' },
      events: [],
      links: [],
    });
  }
  // A threshold is crossed within the first requests; alerts come with whole seconds.
  const noticed = starts[sketch.healthy + Math.min(sketch.after - 1, 5)] ?? faultAt;
  return { spans, faultAt, alertAt: Math.floor(noticed / SECOND) * SECOND, harmed };
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32, Tommy Ettinger, public domain). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
