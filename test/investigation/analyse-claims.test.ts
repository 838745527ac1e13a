import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Evidence } from '../../src/model/finding.ts';
import type { Gap } from '../../src/model/verdict.ts';
import { parseSentence, placesOf } from '../../src/render/sentences.ts';
import { analyseGenerated } from './analyse-input.ts';
import type { Fault } from './generated-shop.ts';

const sentences = (file: string): Readonly<Record<string, string>> =>
  parse(readFileSync(new URL(`../../templates/messages/${file}.yml`, import.meta.url), 'utf8'));
const CLAIMS = sentences('claims');
const GAPS = sentences('gaps');

const FAULTS: readonly Fault[] = [
  'none',
  'tls-retry',
  'write-race',
  'slow-serialisation',
  'auth-cascade',
  'audit',
  'slow-store',
  'one-service-errors',
];
const SETTINGS = [{}, { share: 0.4 }, { share: 0.5, baseline: 0 }, { suspects: 1, baseline: 0 }, { suspects: 3 }];

const analyses = FAULTS.flatMap((fault) =>
  SETTINGS.map((setting) => analyseGenerated({ seed: 21, fault, ...setting }).analysis),
);
const evidence: readonly Evidence[] = analyses.flatMap(({ findings }) =>
  findings.flatMap((finding) => finding.evidence),
);
const gaps: readonly Gap[] = analyses.flatMap(({ verdict, exemplar }) => [
  ...verdict.missing,
  ...(verdict.factors ?? []),
  ...(exemplar?.chosen ?? []),
]);

const placesIn = (text: string | undefined) => [...placesOf(parseSentence(text ?? '{') ?? [])].sort();

test('every claim has a sentence with exactly the places that its values fill', () => {
  expect(new Set(evidence.map(({ claim }) => claim)).size).toBeGreaterThan(15);
  for (const { claim, values } of evidence) {
    expect(CLAIMS, claim).toHaveProperty([claim]);
    expect(placesIn(CLAIMS[claim]), claim).toEqual(Object.keys(values).sort());
  }
});

test('every gap has a sentence with exactly the places that its values fill', () => {
  for (const { claim, values } of gaps) {
    expect(GAPS, claim).toHaveProperty([claim]);
    expect(placesIn(GAPS[claim]), claim).toEqual(Object.keys(values).sort());
  }
});

test('every sentence has somebody who says it', () => {
  const folder = new URL('../../src/', import.meta.url);
  const files = [
    ...readdirSync(new URL('detectors/', folder)).map((file) => `detectors/${file}`),
    ...readdirSync(new URL('investigation/', folder))
      .filter((file) => file.startsWith('analyse'))
      .map((file) => `investigation/${file}`),
  ];
  const code = files.map((file) => readFileSync(new URL(file, folder), 'utf8')).join('\n');
  const said = (claim: string) => {
    const [family = '', rest = ''] = claim.split(/\.(.*)/s);
    const families = [`'${claim}'`, `\`${family}.\${`, `}.${rest}\``];
    return families.some((text) => code.includes(text));
  };
  expect([...Object.keys(CLAIMS), ...Object.keys(GAPS)].filter((claim) => !said(claim))).toEqual([]);
});

test('every number stands on spans that are there', () => {
  for (const { traceId, spanIds, claim } of evidence) {
    expect(traceId, claim).toMatch(/^[\da-f]{32}$/);
    expect(spanIds.length, claim).toBeGreaterThan(0);
    for (const spanId of spanIds) expect(spanId, claim).toMatch(/^[\da-f]{16}$/);
  }
});

test('a hypothesis has at most five pieces of evidence', () => {
  for (const { verdict } of analyses) {
    for (const hypothesis of verdict.hypotheses) expect(hypothesis.evidence.length).toBeLessThanOrEqual(5);
  }
});
