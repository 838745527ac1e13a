import type { Outcome } from './control.ts';

/** How customers were served while the shop was healthy, per kind of visit: median time, and the largest answer. */
export type Usual = ReadonlyMap<string, { readonly medianMs: number; readonly bytes: number }>;

export function summarise(outcomes: readonly Outcome[]): Usual {
  const usual = new Map<string, { medianMs: number; bytes: number }>();
  for (const [visit, some] of Map.groupBy(outcomes, (outcome) => outcome.visit)) {
    const times = some.map((outcome) => outcome.ms).sort((a, b) => a - b);
    const bytes = some.reduce((most, outcome) => Math.max(most, outcome.bytes), 0);
    usual.set(visit, { medianMs: times[Math.floor(times.length / 2)] ?? 0, bytes });
  }
  return usual;
}

/** Whether customers got no answer, or an error that is not of their making, so seldom that the shop counts as healthy. */
export function isHealthy(outcomes: readonly Outcome[]): boolean {
  const unserved = outcomes.filter((outcome) => outcome.status === 0 || outcome.status >= 500).length;
  return outcomes.length > 0 && unserved / outcomes.length <= UNSERVED_AT_MOST;
}

const UNSERVED_AT_MOST = 0.05;

/** An alert rule that looks at how customers fare. */
export interface Alarm {
  see(outcome: Outcome): void;
  /** In ms since the epoch: when the rule was first fulfilled; undefined while it never was. */
  firedAt(): number | undefined;
  /** What was seen, for people. */
  tally(): string;
}

/**
 * The rule: at least five requests, and at least 2 % of all since the watch began, show the symptom, and a second and a half
 * have gone by, since no alert rule looks more often.
 */
export function watch(symptom: (outcome: Outcome) => boolean): Alarm {
  const began = Date.now();
  let seen = 0;
  let hit = 0;
  let firedAt: number | undefined;
  return {
    see(outcome) {
      seen += 1;
      if (symptom(outcome)) hit += 1;
      if (hit >= 5 && hit / seen >= 0.02 && Date.now() - began >= 1_500) firedAt ??= Date.now();
    },
    firedAt: () => firedAt,
    tally: () => `${hit} of ${seen} requests show it`,
  };
}
