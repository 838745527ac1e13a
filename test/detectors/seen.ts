import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { DETECTORS } from '../../src/detectors/index.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { buildView, sum, type View } from '../../src/population/view.ts';
import { parseSentence, placesOf } from '../../src/render/sentences.ts';
import { TableBuilder } from '../../src/trace/build.ts';
import { draw } from '../draw.ts';
import { toldBy } from './told.ts';

/** A drawing as many requests: each copy is a trace of its own, a second after the one before. */
export function times(count: number, drawing: string, salt = 'a'): readonly SpanRecord[] {
  const spans = draw(drawing);
  return Array.from({ length: count }, (_, copy) =>
    spans.map((span) => ({
      ...span,
      traceId: `${Buffer.from(salt).toString('hex')}${copy.toString(16)}`.padStart(32, '0'),
      start: span.start + copy * 1_000_000,
      end: span.end + copy * 1_000_000,
    })),
  ).flat();
}

/** A drawing as one request that begins so many milliseconds later; the name makes it a trace of its own. */
export function once(name: string, drawing: string, later = 0): readonly SpanRecord[] {
  return times(1, drawing, name).map((span) => ({
    ...span,
    start: span.start + later * 1_000,
    end: span.end + later * 1_000,
  }));
}

/** What the detectors are shown: the drawn suspects held against the drawn baseline. */
export function viewOf(suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = []): View {
  const builder = new TableBuilder();
  builder.add(suspects);
  builder.add(baseline);
  const table = builder.finish();
  const healthy = new Set(baseline.map((span) => span.traceId));
  return buildView(
    table,
    Uint8Array.from(table.traceIds, (id) => (healthy.has(id) ? 1 : 0)),
    {},
  );
}

/** What they are shown of one trace that was asked about, among others of which nobody says that they are healthy. */
export function viewOfOne(asked: readonly SpanRecord[], others: readonly SpanRecord[]): View {
  const builder = new TableBuilder();
  builder.add(asked);
  builder.add(others);
  const table = builder.finish();
  const focus = asked[0]?.traceId;
  return buildView(table, new Uint8Array(table.traces), focus === undefined ? {} : { focus });
}

/**
 * Findings of the detector with the number, as `D05`; each of them keeps what every finding promises and says to the digit
 * what it said before (`__snapshots__`), so that nothing that a detector measures changes unseen.
 */
export function seenBy(number: string, view: View): readonly Finding[] {
  const detectors = DETECTORS.filter(({ id }) => id.startsWith(number));
  if (detectors.length === 0) throw new Error(`There is no detector ${number}`);
  const findings = detectors.flatMap((detector) => detector.detect(view));
  for (const finding of findings) keepsPromises(finding, view);
  expect(detectors.flatMap((detector) => detector.detect(view))).toEqual(findings);
  if (findings.length > 0) expect(`\n${findings.map(toldBy).join('\n')}\n`).toMatchSnapshot();
  return findings;
}

const CLAIMS: Readonly<Record<string, string>> = parse(
  readFileSync(new URL('../../templates/messages/claims.yml', import.meta.url), 'utf8'),
);

/** Shares are shares, support is requests, and every piece of evidence has spans and a sentence for exactly its values. */
function keepsPromises({ detector, strength, specificity, support, evidence }: Finding, view: View): void {
  for (const share of [strength, specificity]) {
    expect(share, detector).toBeGreaterThanOrEqual(0);
    expect(share, detector).toBeLessThanOrEqual(1);
  }
  expect(support, detector).toBeGreaterThan(0);
  expect(support, detector).toBeLessThanOrEqual(sum(view.window));
  for (const { claim, values, traceId, spanIds, counts } of evidence) {
    const places = placesOf(parseSentence(CLAIMS[claim] ?? '{') ?? []);
    expect([...places].sort(), `${detector}: ${claim}`).toEqual(Object.keys(values).sort());
    const ordinal = view.table.traceIds.indexOf(traceId);
    const known = Array.from({ length: view.table.size }, (_, row) => row)
      .filter((row) => row >= (view.table.first[ordinal] ?? 0) && row < (view.table.first[ordinal + 1] ?? 0))
      .map((row) => view.table.spanId(row));
    expect(spanIds.length, claim).toBeGreaterThan(0);
    expect(known, claim).toEqual(expect.arrayContaining([...spanIds]));
    if (counts !== undefined) expect(counts.with, `${detector}: ${claim}`).toBeLessThanOrEqual(counts.of);
    for (const quantity of Object.values(values)) {
      if (typeof quantity.value === 'number') expect(Number.isFinite(quantity.value), claim).toBe(true);
    }
  }
}
