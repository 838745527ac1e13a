import { describe, expect, test } from 'vitest';
import { CHANNEL, PERSON } from '../../fixtures/slack/payloads.ts';
import { boom, inBothModes, THREAD } from '../in-both-modes.ts';
import { until } from '../stand-in.ts';

inBothModes(({ bot, click, idle, posts }) => {
  describe('a button', () => {
    test.each([
      ['ask:compare', 'Compare with a healthy trace'],
      ['ask:time#2', 'Where did the time go?'],
      ['anything', 'who is affected?'],
    ])('%s asks what it stands for in the thread of the card', async (action_id, value) => {
      expect((await click({ action_id, value })).status).toBe(200);
      await until('it is asked', () => bot().questions.length === 1);
      expect(bot().questions[0]).toEqual({
        thread: { channel: CHANNEL, ts: THREAD },
        text: value,
        by: PERSON,
        key: `${CHANNEL}:${THREAD}:${action_id}:1700000300.000100`,
        addressed: true,
      });
    });

    test('in a reply belongs to its thread', async () => {
      await click(
        { action_id: 'ask:evidence', value: 'evidence' },
        { message_ts: '1700000009.000001', thread_ts: THREAD },
      );
      await until('it is asked', () => bot().questions.length === 1);
      expect(bot().questions[0]?.thread.ts).toBe(THREAD);
    });

    test('that opens a page is acknowledged and nothing more', async () => {
      expect((await click({ action_id: 'runbook', url: 'https://wiki.example/' })).status).toBe(200);
      await idle();
      expect(bot().questions).toEqual([]);
      expect(posts()).toEqual([]);
    });

    test.each([
      ['without a sentence', {}],
      ['of a card nobody remembers', { value: 'who is affected?' }],
    ])('%s says so', async (_, more) => {
      bot().answering(async () => 'not-ours');
      expect((await click({ action_id: 'from-last-year', ...more })).status).toBe(200);
      await until('it is told', () => posts().length === 1);
      expect(posts()[0]?.text).toContain('no longer know');
    });

    test('that fails is told in the thread', async () => {
      bot().answering(boom);
      await click({ action_id: 'ask:compare', value: 'compare' });
      await until('it is told', () => posts().length === 1);
      expect(posts()[0]).toMatchObject({ thread_ts: THREAD });
    });
  });
});
