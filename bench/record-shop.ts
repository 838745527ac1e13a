/*
 * Records what the demo shop really sends, one run a scenario, as OTLP JSON: `test/fixtures/shop/<scenario>.normal.otlp.json.gz`
 * (traces that began before the fault) and `….abnormal.otlp.json.gz` (after it).
 *
 *   npx node bench/record-shop.ts [scenario …]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { createShop } from '../src/playground/shop/shop.ts';
import { type ResourceSpans, startCapture } from '../test/playground/shop/otlp-capture.ts';

const FOLDER = new URL('../test/fixtures/shop/', import.meta.url);
const TRACES_KEPT = { normal: 150, abnormal: 110 };

const otlp = await startCapture();
let alert = '';
const bot = createServer(async (request, response) => {
  alert = '';
  for await (const chunk of request) alert += chunk;
  response.writeHead(202).end();
});
await new Promise<void>((resolve) => bot.listen(0, '127.0.0.1', resolve));
const { port } = bot.address() as AddressInfo;
const log = { info: console.log, warn: console.warn, error: console.error };
const webhookUrl = `http://127.0.0.1:${port}/`;
const shop = createShop({ otlpUrl: otlp.url, webhookUrl, webhookSecret: 'recording', log });

mkdirSync(FOLDER, { recursive: true });
const wanted = process.argv.slice(2);
for (const { name } of shop.list()) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  otlp.clear();
  await shop.start(name);
  while (!['done', 'failed'].includes(shop.state(name).phase)) await sleep(100);
  const { phase, faultAt, error } = shop.state(name);
  if (phase === 'failed' || faultAt === undefined) throw new Error(error);
  const { before, after } = split(otlp.batches, BigInt(faultAt) * 1_000n);
  save(`${name}.normal`, otlp.batches, take(before, TRACES_KEPT.normal));
  save(`${name}.abnormal`, otlp.batches, take(after, TRACES_KEPT.abnormal));
  writeFileSync(new URL(`${name}.alert.json`, FOLDER), `${JSON.stringify(JSON.parse(alert), null, 2)}\n`);
}
await shop.close();
await otlp.close();
bot.close();

/** Trace ids by whether the trace began before or after the fault, in order of their beginning. */
function split(batches: readonly ResourceSpans[], faultAt: bigint): { before: string[]; after: string[] } {
  const began = new Map<string, bigint>();
  for (const span of batches.flatMap(spansOf)) {
    const start = BigInt(span.startTimeUnixNano);
    const known = began.get(span.traceId);
    if (known === undefined || start < known) began.set(span.traceId, start);
  }
  const sorted = [...began].sort(([, a], [, b]) => (a < b ? -1 : 1));
  return {
    before: sorted.filter(([, start]) => start < faultAt).map(([id]) => id),
    after: sorted.filter(([, start]) => start >= faultAt).map(([id]) => id),
  };
}

function spansOf(batch: ResourceSpans) {
  return (batch.scopeSpans ?? []).flatMap((scope) => scope.spans ?? []);
}

/** The latest, whole traces: the first requests of a run meet cold processes. */
function take(traceIds: readonly string[], limit: number): ReadonlySet<string> {
  return new Set(traceIds.slice(-limit));
}

/** Writes the chosen traces, batches of one process merged into one `resourceSpans`. */
function save(name: string, batches: readonly ResourceSpans[], chosen: ReadonlySet<string>): void {
  const merged = new Map<string, { resource: ResourceSpans['resource']; scopeSpans: Map<string, object[]> }>();
  for (const { resource, scopeSpans } of batches) {
    const key = JSON.stringify(resource);
    const entry = merged.get(key) ?? { resource, scopeSpans: new Map() };
    merged.set(key, entry);
    for (const { scope, spans } of scopeSpans ?? []) {
      const kept = (spans ?? []).filter((span) => chosen.has(span.traceId));
      const known = entry.scopeSpans.get(JSON.stringify(scope)) ?? [];
      entry.scopeSpans.set(JSON.stringify(scope), [...known, ...kept]);
    }
  }
  const resourceSpans = [...merged.values()].map(({ resource, scopeSpans }) => ({
    resource,
    scopeSpans: [...scopeSpans]
      .filter(([, spans]) => spans.length > 0)
      .map(([scope, spans]) => ({ scope: JSON.parse(scope), spans })),
  }));
  const bytes = gzipSync(JSON.stringify({ resourceSpans }), { level: 9 });
  writeFileSync(new URL(`${name}.otlp.json.gz`, FOLDER), bytes);
  console.log(`${name}: ${chosen.size} traces, ${bytes.length} bytes`);
}
