import { describe, expect, test } from 'vitest';
import { appMention, CHANNEL, channelMessage, PERSON } from '../../fixtures/slack/payloads.ts';
import { boom, ID, inBothModes, THREAD } from '../in-both-modes.ts';
import { BOT, refuse, until } from '../stand-in.ts';

inBothModes(({ bot, event, idle, posts }) => {
  describe('a mention', () => {
    test('with a trace id at the top of a channel opens an investigation in its thread', async () => {
      expect((await event(appMention(`what about \`${ID.toUpperCase()}\`?`))).status).toBe(200);
      await until('the intake is asked', () => bot().asked.length === 1);
      expect(bot().asked).toEqual([
        {
          kind: 'mention',
          traceId: ID,
          by: PERSON,
          channel: CHANNEL,
          threadTs: '1700000100.000100',
          request: `${CHANNEL}:1700000100.000100`,
        },
      ]);
      expect(bot().questions).toEqual([]);
    });

    test('in a thread is a question, in the words of the person', async () => {
      await event(appMention('only errors &lt;500 from <https://pay.example/|payments>', { thread_ts: THREAD }));
      await until('it is asked', () => bot().questions.length === 1);
      expect(bot().questions).toEqual([
        {
          thread: { channel: CHANNEL, ts: THREAD },
          text: 'only errors <500 from https://pay.example/',
          by: PERSON,
          key: `${CHANNEL}:1700000100.000100`,
          addressed: true,
        },
      ]);
    });

    test('with a trace id in a thread that is not ours opens one there', async () => {
      bot().answering(async () => 'not-ours');
      await event(appMention(ID, { thread_ts: '1690000000.000001' }));
      await until('the intake is asked', () => bot().asked.length === 1);
      expect(bot().asked[0]).toMatchObject({ kind: 'mention', threadTs: '1690000000.000001' });
    });

    test('without anything to answer from gets help in the thread, not silence', async () => {
      bot().answering(async () => 'not-ours');
      await event(appMention('hello'));
      await until('help is posted', () => posts().length === 1);
      expect(posts()[0]).toMatchObject({ channel: CHANNEL, thread_ts: '1700000100.000100' });
      expect(posts()[0]?.text).toContain('Mention me with a trace id');
    });

    test('becomes one and the same question through both of its events', async () => {
      const place = { ts: '1700000100.000100', thread_ts: THREAD };
      await event(appMention('who?', place));
      await event(channelMessage(`<@${BOT}> who?`, place));
      await until('both arrived', () => bot().questions.length === 2);
      expect(bot().questions[1]).toEqual(bot().questions[0]);
    });

    test('that is delivered twice is taken up once', async () => {
      bot().answering(async () => 'not-ours');
      await event(appMention('hello'), { event_id: 'Ev0TWICE' });
      await event(appMention('hello'), { event_id: 'Ev0TWICE' });
      await idle();
      await until('help is posted', () => posts().length > 0);
      expect(posts()).toHaveLength(1);
    });

    test('by another bot is left alone', async () => {
      await event(appMention('hello', { bot_id: 'B0OTHER' }));
      await event(appMention('after it'));
      await until('the next is asked', () => bot().questions.length === 1);
      expect(bot().questions[0]?.text).toBe('after it');
    });

    test('that fails is told in the thread', async () => {
      bot().answering(boom);
      await event(appMention('who?', { thread_ts: THREAD }));
      await until('it is told', () => posts().length === 1);
      expect(posts()[0]).toMatchObject({ thread_ts: THREAD, text: 'Jaeger is down. Start it.' });
    });

    test('that fails where nothing can be posted is told to the person alone', async () => {
      bot().answering(boom);
      bot().slack.on('chat.postMessage', () => refuse('restricted_action'));
      await event(appMention('who?', { thread_ts: THREAD }));
      await until('it is told', () => bot().slack.of('chat.postEphemeral').length === 1);
      expect(bot().slack.of('chat.postEphemeral')[0]).toMatchObject({
        channel: CHANNEL,
        user: PERSON,
        thread_ts: THREAD,
      });
    });

    test('that fails where nobody can be told is at least logged', async () => {
      bot().answering(boom);
      bot().slack.on('chat.postMessage', () => refuse('restricted_action'));
      bot().slack.on('chat.postEphemeral', () => refuse('user_not_in_channel'));
      await event(appMention('who?', { thread_ts: THREAD }));
      await until('it is logged', () => bot().lines.some((line) => line.includes('could not be told')));
    });
  });
});
