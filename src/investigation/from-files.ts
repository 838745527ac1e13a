import { Failure } from '../failure.ts';
import { readTraceFile } from '../formats/trace-file.ts';
import type { Gathering } from '../model/investigation.ts';
import type { SpanRecord } from '../model/span.ts';
import type { SpanTable } from '../model/trace.ts';
import { byteAt } from '../model/units.ts';
import type { Analysis } from '../model/verdict.ts';
import { TableBuilder } from '../trace/build.ts';
import { criticalPath } from '../trace/critical-path.ts';

/** Traces of two files in one table, those of the baseline file marked. */
export type FromFiles = { readonly table: SpanTable; readonly baseline: Uint8Array };

/** Reads an incident's file and, if there is one, the file of healthy traces to hold it against. */
export async function readFiles(
  suspectFile: string,
  baselineFile: string | undefined,
  signal: AbortSignal,
): Promise<FromFiles> {
  const builder = new TableBuilder();
  const suspects = await addFile(builder, suspectFile, signal);
  if (suspects.size === 0)
    throw new Failure(
      'bad-input',
      `${suspectFile} holds no spans.`,
      'Export the trace again, as OTLP JSON, Jaeger, Zipkin or Tempo JSON.',
    );
  if (baselineFile !== undefined) await addFile(builder, baselineFile, signal);
  const table = builder.finish();
  // A trace that stands in both files belongs to the incident.
  const baseline = Uint8Array.from({ length: table.traces }, (_, ordinal) =>
    suspects.has(table.traceIds[ordinal] ?? '') ? 0 : 1,
  );
  return { table, baseline };
}

async function addFile(builder: TableBuilder, path: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const traceIds = new Set<string>();
  for await (const batch of readTraceFile(path, signal)) {
    for (const span of batch) traceIds.add(span.traceId);
    builder.add(batch);
  }
  return traceIds;
}

/** The spans of some traces of the files, for pictures and questions. */
export async function spansOf(
  paths: readonly string[],
  traceIds: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<readonly SpanRecord[]> {
  const spans: SpanRecord[] = [];
  for (const path of paths) {
    for await (const batch of readTraceFile(path, signal))
      spans.push(...batch.filter((span) => traceIds.has(span.traceId)));
  }
  return spans;
}

/** The machine-readable form of `causeway investigate --json`; times are integer microseconds since 1970. */
export function asJson({ table, baseline }: FromFiles, analysis: Analysis, gathering: Gathering): unknown {
  const { verdict, findings, lineage, impact, exemplar } = analysis;
  const hypotheses = verdict.hypotheses.map(({ component, ...rest }) => ({
    ...placeOf(component),
    ...rest,
    component,
  }));
  const cause = hypotheses.find((hypothesis) => hypothesis.role === 'cause');
  const named = verdict.kind !== 'cannot-tell' && cause !== undefined;
  return {
    verdict: {
      kind: verdict.kind,
      confidence: verdict.confidence,
      ...(named ? { cause: { ...placeOf(cause.component), mechanism: cause.mechanism } } : {}),
      model: verdict.model,
    },
    hypotheses,
    findings: findings.map((finding) => ({ ...placeOf(finding.component), ...finding })),
    missing: verdict.missing,
    gathering,
    impact,
    ...(exemplar === undefined ? {} : { exemplar }),
    ...(lineage === undefined ? {} : { lineage }),
    traces: table.traceIds.flatMap((traceId, ordinal) => {
      if (baseline[ordinal] === 1) return [];
      const sections = criticalPath(table, ordinal);
      return [
        {
          traceId,
          criticalPath: sections.map(({ row, start, end }) => ({
            spanId: table.spanId(row),
            start: table.epoch + start,
            end: table.epoch + end,
          })),
          repairs: table.repairs.get(ordinal) ?? [],
        },
      ];
    }),
  };
}

/** A component as flat names: an edge is placed at the service that felt it, with its peer beside it. */
function placeOf(component: Analysis['findings'][number]['component']): Readonly<Record<string, unknown>> {
  switch (component.kind) {
    case 'service':
      return { service: component.service };
    case 'operation':
      return { service: component.service, operation: component.operation };
    case 'edge':
      return {
        service: component.from,
        peer: component.to,
        ...(component.operation === undefined ? {} : { operation: component.operation }),
      };
    case 'attribute':
      return {
        service: component.services[0] ?? '',
        services: component.services,
        attribute: { key: component.key, value: component.value },
      };
  }
}

/** Number of traces that are not baseline. */
export function suspectCount({ table, baseline }: FromFiles): number {
  let count = 0;
  for (let ordinal = 0; ordinal < table.traces; ordinal += 1) if (byteAt(baseline, ordinal) === 0) count += 1;
  return count;
}
