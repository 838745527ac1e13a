import { z } from 'zod';
import { DAYS } from './model/quiet-hours.ts';
import { LEVELS, levelOf } from './model/severity.ts';

const Channel = z
  .string()
  .min(1)
  .transform((name) => name.replace(/^#/, ''));

/** One of a thing stands for a list of one. */
const listed = (value: unknown): unknown => (value === undefined || Array.isArray(value) ? value : [value]);

/** One text or a list of them; a number is its digits. */
const Texts = z.preprocess(
  listed,
  z
    .array(z.union([z.string().min(1), z.number().transform(String)], { error: 'is no text' }))
    .min(1)
    .readonly(),
);

const Severity = z.string().transform((word, context) => {
  const level = levelOf(word);
  if (level !== undefined) return level;
  context.addIssue({ code: 'custom', message: `is no severity; known are ${LEVELS.join(', ')}` });
  return z.NEVER;
});

const Zone = z.string().refine(isZone, 'is no time zone; write it as Europe/Berlin or UTC');

const Hours = z.string().transform((text, context) => {
  const [, from, fromMinute, to, toMinute] = /^(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})$/.exec(text.trim()) ?? [];
  const start = minuteOf(from, fromMinute);
  const end = minuteOf(to, toMinute);
  if (start !== undefined && end !== undefined && start < 24 * 60) return { from: start, to: end % (24 * 60) };
  context.addIssue({ code: 'custom', message: 'are no hours; write them as 22:00-07:00' });
  return z.NEVER;
});

const Quiet = z
  .strictObject({
    hours: Hours,
    days: z
      .array(z.enum(DAYS))
      .min(1)
      .default([...DAYS]),
    zone: Zone,
    /** What is as bad as this is told all the same. */
    unless: Severity.default('critical'),
  })
  .transform(({ hours, ...rest }) => ({ ...hours, ...rest }));

const Match = z.strictObject({
  source: Texts.optional(),
  service: Texts.optional(),
  team: Texts.optional(),
  severity: Texts.optional(),
  environment: Texts.optional(),
  title: Texts.optional(),
  labels: z.record(z.string().min(1), Texts).optional(),
});

const Cards = z.int().min(1).max(1_000);

export const RouteEntry = z.strictObject({
  match: Match.default({}),
  channel: Channel.optional(),
  runbook: z.url().optional(),
  owner: z.url().optional(),
  mute: z.boolean().optional(),
  floor: Severity.optional(),
  quiet: z.preprocess(listed, z.array(Quiet)).optional(),
  cardsPerHour: Cards.optional(),
});

/** What the file may say about where cards go, beside its `channel` and `services`. */
export const routingMembers = {
  routes: z.array(RouteEntry).default([]),
  /** Names of channels that belong to one incident alone. */
  incidentChannels: z.preprocess(listed, z.array(z.string().min(1))).default(['inc-*', 'incident-*']),
  /** Cards in one channel and hour; what is over it is counted in one line. */
  cardsPerHour: Cards.default(30),
};

/** Names that may stand at a place of the file, by the place's pattern; for the hint of a name that nobody knows. */
export const routingNames: readonly { readonly at: RegExp; readonly names: readonly string[] }[] = [
  { at: /^routes\.\d+$/, names: Object.keys(RouteEntry.shape) },
  { at: /^routes\.\d+\.match$/, names: Object.keys(Match.shape) },
  { at: /^routes\.\d+\.quiet(\.\d+)?$/, names: ['hours', 'days', 'zone', 'unless'] },
];

function minuteOf(hour: string | undefined, minute: string | undefined): number | undefined {
  const minutes = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && minutes <= 24 * 60 ? minutes : undefined;
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
