import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import type { Investigation } from '../../src/model/investigation.ts';
import type { Message } from '../../src/model/message.ts';
import { createNotices } from '../../src/render/notices.ts';
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

describe('a digest', () => {
  test('has a line for each, with its outcome and its end', () => {
    const held = [
      answered(CASCADE, { resolvedAt: SINCE + 600_000_000 }),
      answered(CANNOT_TELL),
      answered(AUDIT),
      failed,
    ];
    const message = notices.digest(held, 2);
    expect(message.summary).toBe('While it was quiet: 4 alerts, 2 not over yet.');
    const lines = listed(message);
    expect(lines[0]).toMatch(/checkout: error rate: Cause: auth .*\. \(resolved .*\)$/);
    expect(lines[1]).toMatch(/checkout: error rate: Cannot tell: /);
    expect(lines[2]).toMatch(/Lineage: /);
    expect(lines[3]).toMatch(/checkout: error rate: I could not look at it\.$/);
  });

  test('stays short however much came, and one is one', () => {
    const many = notices.digest(
      Array.from({ length: 57 }, () => failed),
      0,
    );
    expect(many.summary).toBe('While it was quiet: 57 alerts, all over by now.');
    expect(listed(many)).toHaveLength(21);
    expect(listed(many).at(-1)).toBe('and 37 more');
    expect(notices.digest([failed], 1).summary).toBe('While it was quiet: 1 alert, 1 not over yet.');
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
