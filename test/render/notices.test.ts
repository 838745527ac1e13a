import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import type { Investigation } from '../../src/model/investigation.ts';
import type { Message } from '../../src/model/message.ts';
import { createNotices, type HeldTrouble } from '../../src/render/notices.ts';
import { lineText } from '../../src/render/plain-text.ts';
import { AUDIT, answered, CANNOT_TELL, CASCADE, SINCE, testWords } from './speaking.ts';

const notices = createNotices(testWords().speaker);
const listed = (message: Message) =>
  message.parts.flatMap((part) => (part.kind === 'list' ? part.items.map((item) => lineText(item)) : []));
const { trigger } = answered(CASCADE);
const failed: Investigation = {
  ...{ id: 'f', trigger, channel: 'c', openedAt: SINCE, repeats: 0 },
  status: 'failed',
  setback: { kind: 'unreachable', message: 'Jaeger is away', hint: 'Wait.', at: SINCE },
};

const alone = (first: Investigation): HeldTrouble => ({ first, alerts: 1, ends: [first.resolvedAt] });

describe('a digest', () => {
  test('has a line for each, with its outcome and its end', () => {
    const held = [
      answered(CASCADE, { resolvedAt: SINCE + 600_000_000 }),
      answered(CANNOT_TELL),
      answered(AUDIT),
      failed,
    ];
    const message = notices.digest(held.map(alone));
    expect(message.summary).toBe('While it was quiet: 4 alerts, 3 not over yet.');
    const lines = listed(message);
    expect(lines[0]).toMatch(/checkout: error rate: Cause: auth .*\. \(resolved .*\)$/);
    expect(lines[1]).toMatch(/checkout: error rate: Cannot tell: /);
    expect(lines[2]).toMatch(/Lineage: /);
    expect(lines[3]).toMatch(/checkout: error rate: I could not look at it\.$/);
  });

  test('stays short however much came, and one is one', () => {
    const many = notices.digest(Array.from({ length: 57 }, () => ({ ...alone(failed), ends: [SINCE] })));
    expect(many.summary).toBe('While it was quiet: 57 alerts, all over by now.');
    expect(listed(many)).toHaveLength(21);
    expect(listed(many).at(-1)).toBe('and 37 more');
    expect(notices.digest([alone(failed)]).summary).toBe('While it was quiet: 1 alert, 1 not over yet.');
  });
});

describe('many alerts of one trouble in a digest', () => {
  const first = answered(CASCADE, { resolvedAt: SINCE });
  const MINUTE = 60_000_000;

  test('are a line with their number, and how many of those that were looked at are not over', () => {
    const some = notices.digest([{ first, alerts: 41, ends: [SINCE, undefined, undefined] }, alone(failed)]);
    expect(some.summary).toBe('While it was quiet: 42 alerts of 2 troubles, 2 not over yet.');
    expect(listed(some)).toEqual([
      expect.stringMatching(/checkout: error rate and 40 more alerts: Cause: auth .*\. \(2 not over yet\)$/),
      expect.stringMatching(/checkout: error rate: I could not look at it\.$/),
    ]);
  });

  test('that are all over say when the last one was', () => {
    const over = notices.digest([{ first, alerts: 2, ends: [SINCE + 31 * MINUTE, SINCE] }]);
    expect(over.summary).toBe('While it was quiet: 2 alerts of 1 trouble, all over by now.');
    expect(listed(over)).toEqual([
      expect.stringMatching(/and 1 more alert: Cause: .* \(all resolved, the last 03:40:00 UTC\)$/),
    ]);
  });
});

test('names from alerts stay data, and are cut', () => {
  const hostile = '<!channel> '.repeat(40);
  const kept = notices.overflow({ more: 2, titles: [hostile, 'b'], cards: 1 });
  expect(kept.summary).toMatch(/^2 more alerts this hour, not looked at: <!channel>.*, b$/);
  expect(kept.summary.length).toBeLessThan(200);
  const [headline] = kept.parts;
  expect(
    headline?.kind === 'headline' && headline.line.some((piece) => typeof piece === 'object' && 'bold' in piece),
  ).toBe(true);
  const unreachable = notices.unreachable('gone', new Failure('not-found', 'No.', 'Invite the bot.'));
  expect(unreachable.summary).toBe('I cannot post in #gone, so its cards are here.');
  expect(JSON.stringify(unreachable)).toContain('Invite the bot.');
});
