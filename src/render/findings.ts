import type { Finding } from '../model/finding.ts';
import type { Answered } from '../model/investigation.ts';
import type { Message } from '../model/message.ts';
import type { Hypothesis } from '../model/verdict.ts';
import { lineageHeadline } from './headline.ts';
import { completeness, sections } from './lineage.ts';
import { lineText } from './plain-text.ts';
import { joinStrings } from './sentences.ts';
import { count, pieces, type Speaker } from './speaker.ts';

/** More replies than this bury the thread; the rest is told when somebody asks how we know. */
const MOST_FINDINGS = 5;
/** Leads shown where nothing could be told. */
const MOST_LEADS = 3;
const LINEAGE_LINES = 15;
const ORDER = { cause: 0, amplifier: 1, effect: 2, context: 3 } as const;

/** The thread below the card: one reply a finding that the verdict rests on, causes first, each number linked to its span. */
export function findingMessages(speaker: Speaker, { analysis }: Answered): readonly Message[] {
  const { lineage } = analysis;
  const said = findingsWorthSaying(analysis).map((finding) => findingMessage(speaker, finding));
  if (lineage === undefined) return said;
  const headline = lineageHeadline(speaker, lineage);
  const full: Message = {
    summary: lineText(headline),
    parts: [
      { kind: 'headline', line: headline },
      ...sections(speaker, lineage, LINEAGE_LINES),
      { kind: 'note', line: completeness(speaker, lineage) },
    ],
  };
  return [full, ...said];
}

/**
 * The findings behind the hypotheses, in their order. Where nothing could be told, the strongest as leads; beside a lineage
 * none, for it accuses nobody.
 */
function findingsWorthSaying({ verdict, findings, lineage }: Answered['analysis']): readonly Finding[] {
  const ranked = [...findings].sort(
    (a, b) =>
      ORDER[a.role] - ORDER[b.role] ||
      b.strength * b.specificity - a.strength * a.specificity ||
      (a.detector < b.detector ? -1 : Number(a.detector > b.detector)),
  );
  if (verdict.hypotheses.length === 0) {
    return lineage === undefined ? ranked.filter(({ role }) => role !== 'context').slice(0, MOST_LEADS) : [];
  }
  const place = (finding: Finding) => verdict.hypotheses.findIndex((hypothesis) => isAbout(finding, hypothesis));
  const behind = ranked.filter((finding) => place(finding) !== -1);
  return behind.toSorted((a, b) => place(a) - place(b)).slice(0, MOST_FINDINGS);
}

function isAbout(finding: Finding, hypothesis: Hypothesis): boolean {
  return (
    finding.mechanism === hypothesis.mechanism &&
    JSON.stringify(finding.component) === JSON.stringify(hypothesis.component)
  );
}

export function findingMessage(speaker: Speaker, finding: Finding): Message {
  const headline = speaker.headline(finding.mechanism, finding.component);
  const statistics = finding.evidence.flatMap(({ statistic }) =>
    statistic === undefined
      ? []
      : [
          ', ',
          ...speaker.say('answers.evidence-statistic', {
            name: pieces(statistic.name),
            value: pieces(statistic.value.toFixed(2)),
          }),
        ],
  );
  const note = joinStrings([
    `${finding.detector}: `,
    ...speaker.say(`card.finding-role-${finding.role}`),
    ', ',
    ...speaker.say('card.finding-support', { support: count(finding.support) }),
    ...statistics,
    '.',
  ]);
  return {
    summary: lineText(headline),
    parts: [
      { kind: 'headline', line: headline },
      { kind: 'list', items: finding.evidence.map((each) => speaker.evidence(each)) },
      { kind: 'note', line: note },
    ],
  };
}
