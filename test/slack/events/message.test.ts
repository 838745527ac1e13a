import { describe, expect, test } from 'vitest';
import { CHANNEL, channelMessage } from '../../fixtures/slack/payloads.ts';
import { ID, inBothModes, THREAD } from '../in-both-modes.ts';
import { BOT, until } from '../stand-in.ts';

inBothModes(({ bot, event, idle, posts }) => {
  describe('a message', () => {
    test('in a thread is handed on as talk, and a thread that is not ours stays silent', async () => {
      bot().answering(async () => 'not-ours');
      await event(channelMessage('who is affected?', { thread_ts: THREAD }));
      await until('it is asked', () => bot().questions.length === 1);
      await idle();
      expect(bot().questions[0]).toMatchObject({ addressed: false, thread: { channel: CHANNEL, ts: THREAD } });
      expect(posts()).toEqual([]);
      expect(bot().asked).toEqual([]);
    });

    test.each([
      ['at the top of a channel', {}],
      ['of a bot', { thread_ts: THREAD, bot_id: 'B0OTHER' }],
      ['of ourselves', { thread_ts: THREAD, user: BOT }],
      ['without a person', { thread_ts: THREAD, user: undefined }],
      ['that is an edit', { subtype: 'message_changed', text: undefined, message: { text: 'x', ts: THREAD } }],
      ['that says who joined', { thread_ts: THREAD, subtype: 'channel_join' }],
      ['without words', { thread_ts: THREAD, text: '' }],
    ])('%s is passed over', async (_, more) => {
      await event(channelMessage(ID, more));
      await event(channelMessage('the next', { thread_ts: THREAD }));
      await until('the next is asked', () => bot().questions.length === 1);
      expect(bot().questions[0]?.text).toBe('the next');
      expect(bot().asked).toEqual([]);
    });

    test.each([
      'file_share',
      'thread_broadcast',
    ])('of subtype %s is still somebody saying something', async (subtype) => {
      await event(channelMessage('see this', { thread_ts: THREAD, subtype }));
      await until('it is asked', () => bot().questions.length === 1);
    });

    test('to the bot directly is always for the bot', async () => {
      const direct = { channel: 'D0DIRECT1', channel_type: 'im' };
      await event(channelMessage(ID, direct));
      await until('the intake is asked', () => bot().asked.length === 1);
      expect(bot().asked[0]).toMatchObject({ kind: 'mention', channel: 'D0DIRECT1', threadTs: '1700000200.000100' });
      bot().answering(async () => 'not-ours');
      await event(channelMessage('hello', direct));
      await until('help is posted', () => posts().length === 1);
      expect(bot().questions[0]).toMatchObject({ addressed: true });
    });
  });
});
