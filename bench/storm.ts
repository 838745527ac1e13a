/*
 * A storm: alerts by the ten thousand that few causes woke, through the real intake, queue, analysis and cards.
 *
 *   MALLOC_ARENA_MAX=2 npx node --max-semi-space-size=8 --max-old-space-size=1024 bench/storm.ts [alerts, 100000] [causes, 40]
 *
 * Each cause is a ledger that fails below five services; every alert is an incident of its own, about one of those services.
 * Traces are made up as they are asked for; the channel is a list. What must hold is checked at the end: one full card a cause,
 * every alert on one of them, no other message, and less than 350 MB for the whole process. Exits with 1 when it does not.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AnalysisThread } from '../src/compose/analysis-thread.ts';
import { openTelling } from '../src/compose/telling.ts';
import { Database } from '../src/database.ts';
import { createIntake } from '../src/investigation/intake.ts';
import { createJobHandler } from '../src/investigation/investigate.ts';
import { createPublisher } from '../src/investigation/publish.ts';
import type { Alert } from '../src/model/alert.ts';
import type { ThreadRef } from '../src/model/investigation.ts';
import type { Message } from '../src/model/message.ts';
import type { SpanRecord } from '../src/model/span.ts';
import { MILLISECOND, MINUTE, SECOND } from '../src/model/units.ts';
import type { Chat } from '../src/ports/chat.ts';
import { systemClock } from '../src/ports/clock.ts';
import type { TraceBackend } from '../src/ports/trace-backend.ts';
import { EmbeddedQueue } from '../src/queue/embedded.ts';
import { loadTemplates } from '../src/render/templates.ts';
import { createWords } from '../src/render/words.ts';
import { embeddedStore } from '../src/store/embedded.ts';
import { embeddedChanges } from '../src/store/embedded-changes.ts';
import { embeddedFollowers } from '../src/store/embedded-followers.ts';
import { embeddedLedger } from '../src/store/embedded-ledger.ts';
import { embeddedRecurrences } from '../src/store/embedded-recurrences.ts';
import { oneCommit } from '../src/store/together.ts';

const ALERTS = Number(process.argv[2] ?? 100_000);
const CAUSES = Number(process.argv[3] ?? 40);
const SERVICES_EACH = 5;
const SENDERS = 64;
const LIMIT_MB = 350;
/** Healthy before, failing since. */
const ONSET = Math.floor(systemClock.now() / SECOND) * SECOND - 20 * SECOND;
const quiet = { info: () => {}, warn: () => {}, error: (...said: readonly unknown[]) => console.error(...said) };

const folder = mkdtempSync(join(tmpdir(), 'causeway-storm-'));
const database = Database.open(join(folder, 'causeway.db'));
const kept = { database, clock: systemClock };
const queue = new EmbeddedQueue({ ...kept, log: quiet });
const keeping = {
  queue,
  store: embeddedStore(kept),
  ledger: embeddedLedger(kept),
  followers: embeddedFollowers(kept),
  recurrences: embeddedRecurrences(kept),
  changes: embeddedChanges(kept),
  together: oneCommit(database),
  shape: 'embedded',
  close: () => database.close(),
};
const town = channel();
const words = createWords({
  templates: loadTemplates(new URL('../templates/messages/', import.meta.url)),
  linkTo: () => undefined,
  personal: (value) => value,
});
const places = {
  open: (_: unknown, message: Message, key: string) => town.chat.open('incidents', message, key),
};
const publisher = createPublisher({
  ...keeping,
  chat: town.chat,
  words,
  log: quiet,
  places,
  placeFor: () => ({ channels: ['incidents'] }),
  linksFor: () => ({}),
});
const analyst = new AnalysisThread(quiet);
analyst.start();
const told = openTelling({
  keeping,
  clock: systemClock,
  chat: town.chat,
  publisher,
  admit: async () => ({ kind: 'card' }),
});
const handle = createJobHandler({
  ...keeping,
  ...told,
  backend: madeUpTraces(),
  questions: { answer: async () => 'not-ours' },
  publisher,
  analyst,
  clock: systemClock,
  log: quiet,
  noteBack: { queue: async () => {}, queueBeside: async () => {}, write: async () => {} },
  enrich: async (alert) => ({ alert }),
  tellOverflow: async () => {},
  tellDigest: async () => {},
  servicesFor: () => undefined,
});
queue.work(handle, { concurrency: 4 });
const intake = createIntake({
  ...keeping,
  clock: systemClock,
  channelFor: () => 'incidents',
  channelForPerson: (where) => where,
});

let peak = 0;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 100);
const started = performance.now();
const latencies = await send();
const accepted = performance.now();
await settle();
const done = performance.now();
clearInterval(watch);

const leaders = (await keeping.store.recent(20_000)).filter(({ follows }) => follows === undefined);
const counts = await Promise.all(
  leaders.map(async ({ id, repeats }) => {
    const { alerts, repeats: again } = await keeping.followers.of(id);
    return 1 + repeats + alerts + again;
  }),
);
const counted = counts.reduce((sum, count) => sum + count, 0);
const full = [...town.messages.values()].filter(({ summary }) => /^(Cause|Suspect):/.test(summary));
const shown = full.reduce((sum, message) => sum + wokenOn(message), 0);
const sorted = latencies.toSorted((a, b) => a - b);
console.table({
  alerts: ALERTS,
  causes: CAUSES,
  'accepted a second': Math.round(ALERTS / ((accepted - started) / 1_000)),
  'p99 of accepting, ms': (sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(1),
  'all told after, s': ((done - started) / 1_000).toFixed(1),
  'messages in the channel': town.messages.size,
  'full cards': full.length,
  'alerts counted': counted,
  'alerts that the cards tell': shown,
  'edits of cards': town.edits(),
  'most memory, MB': Math.round(peak / 1e6),
});
const holds = full.length === CAUSES && town.messages.size === CAUSES && counted === ALERTS && shown === ALERTS;
process.exitCode = holds && peak < LIMIT_MB * 1e6 ? 0 : 1;
await queue.close(1_000);
await analyst.close();
await database.close();
rmSync(folder, { recursive: true, force: true });

/** Sends every alert once, so many at a time, and answers how long each took to be safe. */
async function send(): Promise<readonly number[]> {
  const latencies: number[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: SENDERS }, async () => {
      for (let index = next++; index < ALERTS; index = next++) {
        const sent = performance.now();
        await intake.alert(alertOf(index));
        latencies.push(performance.now() - sent);
      }
    }),
  );
  return latencies;
}

/** Until nothing is due within seconds: rechecks come minutes later and say nothing new. */
async function settle(): Promise<void> {
  for (let calm = 0; calm < 8; ) {
    await sleep(500);
    const { waiting, active } = await queue.depth();
    calm = waiting + active === 0 ? calm + 1 : 0;
  }
}

function alertOf(index: number): Alert {
  const cause = index % CAUSES;
  const service = webOf(cause, Math.floor(index / CAUSES) % SERVICES_EACH);
  return {
    source: 'bench',
    id: `alert ${index}`,
    delivery: `delivery ${index}`,
    event: 'triggered',
    title: `${service} fails on host ${index}`,
    service,
    occurredAt: systemClock.now(),
    startedAt: systemClock.now(),
    links: {},
    labels: {},
    traceIds: [],
  };
}

function webOf(cause: number, which: number): string {
  return `web${which}-of-shop${cause}`;
}

function wokenOn({ parts }: Message): number {
  const text = JSON.stringify(parts);
  const count = /Also woke: ([\d\u202f]+) alert/.exec(text)?.[1] ?? '0';
  return 1 + Number(count.replaceAll('\u202f', ''));
}

/** A channel that keeps the last word of every message. */
function channel() {
  const messages = new Map<string, Message>();
  let stamps = 0;
  let edits = 0;
  const refOf = (): ThreadRef => ({ channel: 'C1', ts: `${++stamps}.0` });
  const chat: Chat = {
    async open(_channel, message) {
      const ref = refOf();
      messages.set(ref.ts, message);
      return ref;
    },
    async amend(ref, message) {
      edits += 1;
      messages.set(ref.ts, message);
    },
    reply: async () => refOf(),
    upload: async () => ({ id: `F${++stamps}` }),
    find: async () => undefined,
    permalink: async ({ ts }) => `https://chat.example/${ts}`,
  };
  return { chat, messages, edits: () => edits };
}

/**
 * One request a second of every service: `web → ledger`, which fails since the onset. A trace's id says which it is:
 *
 *     cause (8 hex digits) · service (8) · second since the epoch (16)
 */
function madeUpTraces(): TraceBackend {
  const names = Array.from({ length: CAUSES }, (_, cause) => cause);
  const services = names
    .flatMap((cause) => [
      `ledger-of-shop${cause}`,
      ...Array.from({ length: SERVICES_EACH }, (_, which) => webOf(cause, which)),
    ])
    .toSorted();
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  return {
    title: 'the bench',
    services: async () => services,
    async search({ service = '', from, to, errors, limit }) {
      const [, which, cause] = /^web(\d+)-of-shop(\d+)$/.exec(service) ?? [];
      if (which === undefined || cause === undefined) return [];
      const first = Math.max(from, ONSET - 10 * MINUTE, errors === true ? ONSET : 0);
      const hits = [];
      for (let at = Math.floor(to / SECOND); at * SECOND >= first && hits.length < limit; at -= 1) {
        const traceId = hex(Number(cause), 8) + hex(Number(which), 8) + hex(at, 16);
        const error = at * SECOND >= ONSET;
        hits.push({ traceId, start: at * SECOND, duration: 30 * MILLISECOND, error, entry: 'GET /basket' });
      }
      return hits;
    },
    async *fetch(traceIds) {
      yield traceIds.flatMap((traceId) => spansOf(traceId));
    },
    linkTo: () => undefined,
    check: async () => ({ ok: true, detail: 'made up' }),
  };
}

function spansOf(traceId: string): readonly SpanRecord[] {
  const cause = Number.parseInt(traceId.slice(0, 8), 16);
  const start = Number.parseInt(traceId.slice(16), 16) * SECOND;
  const fails = start >= ONSET;
  const web = webOf(cause, Number.parseInt(traceId.slice(8, 16), 16));
  const ledger = `ledger-of-shop${cause}`;
  const span = (id: number, more: Partial<SpanRecord>): SpanRecord => ({
    traceId,
    spanId: id.toString(16).padStart(16, '0'),
    service: web,
    name: 'GET /basket',
    kind: 'server',
    start,
    end: start + 30 * MILLISECOND,
    status: fails ? 'error' : 'unset',
    attributes: { 'http.response.status_code': fails ? 500 : 200, 'http.request.method': 'GET' },
    resource: {},
    events: [],
    links: [],
    ...more,
  });
  const called = { start: start + 5 * MILLISECOND, end: start + 25 * MILLISECOND };
  return [
    span(1, {}),
    span(2, { ...called, parentSpanId: '0000000000000001', kind: 'client', name: 'GET /entries' }),
    span(3, {
      parentSpanId: '0000000000000002',
      service: ledger,
      name: 'GET /entries',
      start: called.start + MILLISECOND,
      end: called.end - MILLISECOND,
    }),
  ];
}
