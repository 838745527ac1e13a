import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readOtlpJson } from '../../src/formats/otlp-json.ts';
import { type AnalysisInput, analyse } from '../../src/investigation/analyse.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import type { Analysis } from '../../src/model/verdict.ts';
import { TableBuilder } from '../../src/trace/build.ts';
import { generate, type Names, type Options } from './generated-shop.ts';

/** Suspects and baseline as one table with its labels. */
export function inputOf(suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = []): AnalysisInput {
  const builder = new TableBuilder();
  builder.add(baseline);
  builder.add(suspects);
  const table = builder.finish();
  const healthy = new Set(baseline.map((span) => span.traceId));
  return { table, baseline: Uint8Array.from(table.traceIds, (traceId) => (healthy.has(traceId) ? 1 : 0)) };
}

export function analyseGenerated(options: Options): { readonly names: Names; readonly analysis: Analysis } {
  const { names, suspects, baseline } = generate(options);
  return { names, analysis: analyse(inputOf(suspects, baseline)) };
}

/** A recording of the playground's shop or of the theatre: real services, the real SDK (`test/fixtures/<of>/README.md`). */
export function recording(name: string, of: 'shop' | 'theatre' = 'shop'): readonly SpanRecord[] {
  const file = readFileSync(new URL(`../fixtures/${of}/${name}.otlp.json.gz`, import.meta.url));
  const spans: SpanRecord[] = [];
  readOtlpJson(JSON.parse(gunzipSync(file).toString()), {
    span: (span: SpanRecord) => spans.push(span),
    refuse: (reason: string) => {
      throw new Error(reason);
    },
  });
  return spans;
}

/** The same spans with every service called something else. */
export function renamed(spans: readonly SpanRecord[], rename: (service: string) => string): readonly SpanRecord[] {
  return spans.map((span) => ({
    ...span,
    service: rename(span.service),
    resource: { ...span.resource, 'service.name': rename(span.service) },
  }));
}
