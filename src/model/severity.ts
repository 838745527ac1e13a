/** How bad an alert is, the gravest first. Every sender's own word is one of these for whoever compares. */
export const LEVELS = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Level = (typeof LEVELS)[number];

/** What senders write for each level: words, PagerDuty's and Datadog's priorities, numbered severities. */
const WORDS: Readonly<Record<Level, readonly string[]>> = {
  critical: ['fatal', 'emergency', 'emerg', 'alert', 'page', 'disaster', 'blocker', 'p1', 'sev0', 'sev1'],
  high: ['error', 'err', 'major', 'p2', 'sev2'],
  medium: ['warning', 'warn', 'moderate', 'average', 'p3', 'sev3'],
  low: ['minor', 'p4', 'sev4'],
  info: ['informational', 'information', 'notice', 'debug', 'none', 'p5', 'sev5'],
};
const KNOWN: ReadonlyMap<string, Level> = new Map(
  LEVELS.flatMap((level) => [level, ...WORDS[level]].map((word) => [word, level] as const)),
);

/** The level that a sender's word stands for, in any case and with or without a dash (`SEV-1`); undefined for any other word. */
export function levelOf(word: string | undefined): Level | undefined {
  return word === undefined ? undefined : KNOWN.get(word.trim().toLowerCase().replace(/[-_ ]/g, ''));
}

/** Whether something is at least as bad as the floor. */
export function reaches(level: Level, floor: Level): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf(floor);
}
