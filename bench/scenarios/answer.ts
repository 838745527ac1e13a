import { analyse } from '../../src/investigation/analyse.ts';
import type { Analysis } from '../../src/model/verdict.ts';
import { TableBuilder } from '../../src/trace/build.ts';
import { AS_IT_IS, type Condition, DEGRADED, type Evidence } from './degrade.ts';
import type { Mark } from './judge.ts';
import { type Case, SCENARIOS } from './scenarios.ts';

/** One row of the table: a case under one condition. */
export type Row = {
  readonly scenario: string;
  readonly kind: 'positive' | 'negative' | 'degraded';
  readonly name: string;
  readonly one: Case;
  readonly condition: Condition;
};

export type Answer = {
  readonly row: string;
  readonly seed: number;
  readonly mark: Mark;
  readonly verdict: Analysis['verdict']['kind'];
  readonly confidence: Analysis['verdict']['confidence'];
  /** What was said, in short, to look into what went wrong. */
  readonly said: string;
};

export const ROWS: readonly Row[] = SCENARIOS.flatMap(({ name: scenario, positive, negatives }) => [
  { scenario, kind: 'positive' as const, name: positive.name, one: positive, condition: AS_IT_IS },
  ...negatives.map((one) => ({ scenario, kind: 'negative' as const, name: one.name, one, condition: AS_IT_IS })),
  ...DEGRADED.map((condition) => ({
    scenario,
    kind: 'degraded' as const,
    name: condition.name,
    one: positive,
    condition,
  })),
]);

export const keyOf = ({ scenario, name }: Row): string => `${scenario}: ${name}`;

/** Analyses one seed of a row as the bot would, and judges what it says. */
export function answer(row: Row, seed: number): Answer {
  const read = row.condition.read(row.one, seed);
  const analysis = analyse(inputOf(read));
  const { kind: verdict, confidence, hypotheses } = analysis.verdict;
  const said = hypotheses.map(({ role, mechanism, component }) => `${role} ${mechanism} ${JSON.stringify(component)}`);
  const actor = analysis.lineage === undefined ? [] : [`lineage of ${analysis.lineage.actor.value}`];
  return {
    row: keyOf(row),
    seed,
    mark: row.one.judge(analysis, read.town),
    verdict,
    confidence,
    said: [...said, ...actor].join('; '),
  };
}

function inputOf({ suspects, baseline, focus }: Evidence): Parameters<typeof analyse>[0] {
  const builder = new TableBuilder();
  builder.add(baseline);
  builder.add(suspects);
  const table = builder.finish();
  const healthy = new Set(baseline.map((span) => span.traceId));
  return {
    table,
    baseline: Uint8Array.from(table.traceIds, (traceId) => (healthy.has(traceId) ? 1 : 0)),
    ...(focus === undefined ? {} : { focus }),
  };
}
