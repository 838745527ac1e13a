import type { Analysis, Hypothesis } from '../../src/model/verdict.ts';
import type { Town } from './town.ts';

/**
 * What an answer is worth: `right` names culprit and mechanism, or rightly nobody · `vague` names the culprit and says less
 * than it could · `abstained` names nobody although somebody is to blame · `wrong` names anybody or anything else.
 */
export const MARKS = ['right', 'vague', 'abstained', 'wrong'] as const;
export type Mark = (typeof MARKS)[number];

export type Judge = (analysis: Analysis, town: Town) => Mark;
type Says = (hypothesis: Hypothesis, town: Town) => boolean;

const causeOf = ({ verdict }: Analysis): Hypothesis | undefined =>
  verdict.kind === 'cannot-tell' ? undefined : verdict.hypotheses.find(({ role }) => role === 'cause');

/** For what did happen: the first hypothesis must say exactly this; one that only `points` to the culprit is vague. */
export function expectCause(exactly: Says, points: Says): Judge {
  return (analysis, town) => {
    const cause = causeOf(analysis);
    if (cause === undefined) return analysis.verdict.hypotheses.length === 0 ? 'abstained' : 'wrong';
    if (exactly(cause, town)) return 'right';
    return points(cause, town) ? 'vague' : 'wrong';
  };
}

/** For what only looks alike: nobody may be named, as a cause or as a suspect, but where it is `true` all the same. */
export function expectSilence(isTrue: Says = () => false): Judge {
  return (analysis, town) => {
    if (analysis.lineage !== undefined) return 'wrong';
    return analysis.verdict.hypotheses.every((hypothesis) => hypothesis.role !== 'cause' || isTrue(hypothesis, town))
      ? 'right'
      : 'wrong';
  };
}

/** The component is the service, or one of its operations. */
export function isAbout({ component }: Hypothesis, service: string): boolean {
  return (component.kind === 'service' || component.kind === 'operation') && component.service === service;
}

export const isBetween = ({ component }: Hypothesis, from: string, to: string): boolean =>
  component.kind === 'edge' && component.from === from && component.to === to;
