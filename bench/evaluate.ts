/**
 * Ranks every labelled case of a folder (`cases.jsonl` as its README describes it) and writes one prediction a line:
 *
 *     node bench/evaluate.ts ../shared/data/rca predictions.jsonl [set …]
 *
 * Labels are never read here; the folder's own `score.mjs` compares. Only the cases with two OTLP windows are run so far.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { gunzipSync } from 'node:zlib';
import { readOtlpJson } from '../src/formats/otlp-json.ts';
import { analyse } from '../src/investigation/analyse.ts';
import { BATCH_LIMIT, type SpanRecord } from '../src/model/span.ts';
import { TableBuilder } from '../src/trace/build.ts';

type Case = { readonly case: string; readonly format: string; readonly normal: string; readonly abnormal: string };

const [folder, out, ...sets] = process.argv.slice(2);
if (folder === undefined || out === undefined) {
  console.error('Usage: node bench/evaluate.ts FOLDER OUT.jsonl [set …]');
  process.exit(2);
}

const lines = readFileSync(join(folder, 'cases.jsonl'), 'utf8').split('\n').filter(Boolean);
const cases: readonly Case[] = lines.map((line) => JSON.parse(line));
const chosen = cases.filter(
  (c) => c.format.startsWith('otlp') && (sets.length === 0 || sets.includes(c.case.split('/')[0] ?? '')),
);
const predictions = chosen.map((one) => {
  const builder = new TableBuilder();
  const healthy = new Set<string>();
  for (const span of read(join(folder, one.normal), builder)) healthy.add(span);
  for (const _ of read(join(folder, one.abnormal), builder));
  const table = builder.finish();
  const baseline = Uint8Array.from(table.traceIds, (id) => (healthy.has(id) ? 1 : 0));
  const began = performance.now();
  const { verdict, ranking = [] } = analyse({ table, baseline });
  const ms = Math.round((performance.now() - began) * 10) / 10;
  const [top] = verdict.hypotheses;
  console.log(
    one.case,
    `${ms} ms`,
    verdict.kind,
    verdict.confidence,
    top?.mechanism ?? '',
    JSON.stringify(top?.component ?? ''),
  );
  return {
    case: one.case,
    ranked: ranking.map(({ service }) => service),
    ms,
    kind: verdict.kind,
    confidence: verdict.confidence,
  };
});
writeFileSync(out, `${predictions.map((prediction) => JSON.stringify(prediction)).join('\n')}\n`);

/** Adds a window's spans to the table and answers the trace ids in it. */
function* read(file: string, builder: TableBuilder): Generator<string> {
  let batch: SpanRecord[] = [];
  const seen = new Set<string>();
  readOtlpJson(JSON.parse(gunzipSync(readFileSync(file)).toString()), {
    span: (span: SpanRecord) => {
      seen.add(span.traceId);
      batch.push(span);
      if (batch.length < BATCH_LIMIT) return;
      builder.add(batch);
      batch = [];
    },
    refuse: (reason: string) => console.error(file, reason),
  });
  builder.add(batch);
  yield* seen;
}
