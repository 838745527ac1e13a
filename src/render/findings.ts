import type { Finding } from '../model/finding.ts';
import type { Answered } from '../model/investigation.ts';
import type { Message } from '../model/message.ts';
import { lineageHeadline } from './headline.ts';
import { completeness, sections } from './lineage.ts';
import { lineText } from './plain-text.ts';
import { joinStrings } from './sentences.ts';
import { count, pieces, type Speaker } from './speaker.ts';

/** More replies than this bury the thread; the rest is counted by the evidence answer. */
const MOST_FINDINGS = 8;
const LINEAGE_LINES = 15;
const ORDER = { cause: 0, amplifier: 1, effect: 2, context: 3 } as const;

/** The thread below the card: one reply a finding, causes first, each number linked to its span. */
export function findingMessages(speaker: Speaker, { analysis }: Answered): readonly Message[] {
  const { lineage, findings } = analysis;
  const ranked = [...findings].sort(
    (a, b) =>
      ORDER[a.role] - ORDER[b.role] ||
      b.strength * b.specificity - a.strength * a.specificity ||
      (a.detector < b.detector ? -1 : Number(a.detector > b.detector)),
  );
  const said = ranked.slice(0, MOST_FINDINGS).map((finding) => findingMessage(speaker, finding));
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
