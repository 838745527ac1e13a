import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import {
  appMention,
  buttonClick,
  CHANNEL,
  channelMessage,
  eventCallback,
  messageShortcut,
  PERSON,
  slashCommand,
} from '../fixtures/slack/payloads.ts';
import { type Rig, rig } from './rig.ts';
import { BOT, refuse, until } from './stand-in.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const THREAD = '1700000000.000001';
const boom = () => Promise.reject(new Failure('unreachable', 'Jaeger is down.', 'Start it.'));

describe.each(['socket', 'http'] as const)('in %s mode', (mode) => {
  let bot: Rig;
  beforeEach(async () => {
    bot = await rig(mode);
  });
  afterEach(() => bot.close());

  const event = (inner: object, more: object = {}) => bot.deliver('events_api', eventCallback(inner, more));
  const command = (text: string) => bot.deliver('slash_commands', slashCommand(text, bot.slack.responseUrl));
  const click = (action: object, container: object = {}) =>
    bot.deliver('interactive', buttonClick(action, bot.slack.responseUrl, container));
  const idle = () => until('every listener is done', () => bot.app.inFlight === 0);
  const posts = () => bot.slack.of('chat.postMessage');

  describe('/trace', () => {
    test('asks for an investigation and is acknowledged without waiting for it', async () => {
      const accepted = Promise.withResolvers<void>();
      bot.accepting(async () => {
        await accepted.promise;
        return { investigation: 'i1', outcome: 'opened' };
      });
      const acked = await command(`<https://jaeger.example/trace/${ID}?a=1&amp;b=2|the trace>`);
      expect(acked.status).toBe(200);
      await until('the intake is asked', () => bot.asked.length === 1);
      expect(bot.asked).toEqual([
        { kind: 'command', traceId: ID, by: PERSON, channel: CHANNEL, request: 'command:1111.2222.3333' },
      ]);
      expect(bot.app.inFlight).toBe(1);
      accepted.resolve();
      await idle();
      expect(bot.slack.responses).toEqual([]);
    });

    test.each([
      ['help', 'understand'],
      ['', 'understand'],
      ['nonsense', 'no trace id'],
      [`${ID}ff`, 'this has 34'],
    ])('answers "%s" at once to that person only', async (text, expected) => {
      const { status, body } = await command(text);
      expect(status).toBe(200);
      expect(body).toMatchObject({ response_type: 'ephemeral' });
      expect(JSON.stringify(body)).toContain(expected);
      expect(JSON.stringify(body)).toContain('/trace');
      expect(bot.asked).toEqual([]);
    });

    test('says when the trace is being looked at already', async () => {
      bot.accepting(async () => ({ investigation: 'i1', outcome: 'duplicate' }));
      await command(ID);
      await until('the person is told', () => bot.slack.responses.length === 1);
      expect(bot.slack.responses[0]).toMatchObject({ response_type: 'ephemeral' });
    });

    test('says at once that a card could not be posted in this channel', async () => {
      bot.slack.on('conversations.info', () => refuse('channel_not_found'));
      await command(ID);
      await until('the person is told', () => bot.slack.responses.length === 1);
      expect(JSON.stringify(bot.slack.responses)).toContain('/invite');
      expect(bot.asked).toEqual([]);
    });

    test('goes on where Slack cannot say whether it could be posted', async () => {
      bot.slack.on('conversations.info', () => refuse('missing_scope', { needed: 'im:read' }));
      await command(ID);
      await until('the intake is asked', () => bot.asked.length === 1);
    });

    test('tells the person what failed', async () => {
      bot.accepting(boom);
      await command(ID);
      await until('the person is told', () => bot.slack.responses.length === 1);
      expect(bot.slack.responses[0]).toMatchObject({ response_type: 'ephemeral', text: 'Jaeger is down. Start it.' });
      expect(bot.lines.filter((line) => line.includes('Jaeger is down'))).toHaveLength(1);
    });
  });

  describe('a mention', () => {
    test('with a trace id at the top of a channel opens an investigation in its thread', async () => {
      expect((await event(appMention(`what about \`${ID.toUpperCase()}\`?`))).status).toBe(200);
      await until('the intake is asked', () => bot.asked.length === 1);
      expect(bot.asked).toEqual([
        {
          kind: 'mention',
          traceId: ID,
          by: PERSON,
          channel: CHANNEL,
          threadTs: '1700000100.000100',
          request: `${CHANNEL}:1700000100.000100`,
        },
      ]);
      expect(bot.questions).toEqual([]);
    });

    test('in a thread is a question, in the words of the person', async () => {
      await event(appMention('only errors &lt;500 from <https://pay.example/|payments>', { thread_ts: THREAD }));
      await until('it is asked', () => bot.questions.length === 1);
      expect(bot.questions).toEqual([
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
      bot.answering(async () => 'not-ours');
      await event(appMention(ID, { thread_ts: '1690000000.000001' }));
      await until('the intake is asked', () => bot.asked.length === 1);
      expect(bot.asked[0]).toMatchObject({ kind: 'mention', threadTs: '1690000000.000001' });
    });

    test('without anything to answer from gets help in the thread, not silence', async () => {
      bot.answering(async () => 'not-ours');
      await event(appMention('hello'));
      await until('help is posted', () => posts().length === 1);
      expect(posts()[0]).toMatchObject({ channel: CHANNEL, thread_ts: '1700000100.000100' });
      expect(posts()[0]?.text).toContain('Mention me with a trace id');
    });

    test('becomes one and the same question through both of its events', async () => {
      const place = { ts: '1700000100.000100', thread_ts: THREAD };
      await event(appMention('who?', place));
      await event(channelMessage(`<@${BOT}> who?`, place));
      await until('both arrived', () => bot.questions.length === 2);
      expect(bot.questions[1]).toEqual(bot.questions[0]);
    });

    test('that is delivered twice is taken up once', async () => {
      bot.answering(async () => 'not-ours');
      await event(appMention('hello'), { event_id: 'Ev0TWICE' });
      await event(appMention('hello'), { event_id: 'Ev0TWICE' });
      await idle();
      await until('help is posted', () => posts().length > 0);
      expect(posts()).toHaveLength(1);
    });

    test('by another bot is left alone', async () => {
      await event(appMention('hello', { bot_id: 'B0OTHER' }));
      await event(appMention('after it'));
      await until('the next is asked', () => bot.questions.length === 1);
      expect(bot.questions[0]?.text).toBe('after it');
    });

    test('that fails is told in the thread', async () => {
      bot.answering(boom);
      await event(appMention('who?', { thread_ts: THREAD }));
      await until('it is told', () => posts().length === 1);
      expect(posts()[0]).toMatchObject({ thread_ts: THREAD, text: 'Jaeger is down. Start it.' });
    });

    test('that fails where nothing can be posted is told to the person alone', async () => {
      bot.answering(boom);
      bot.slack.on('chat.postMessage', () => refuse('restricted_action'));
      await event(appMention('who?', { thread_ts: THREAD }));
      await until('it is told', () => bot.slack.of('chat.postEphemeral').length === 1);
      expect(bot.slack.of('chat.postEphemeral')[0]).toMatchObject({
        channel: CHANNEL,
        user: PERSON,
        thread_ts: THREAD,
      });
    });

    test('that fails where nobody can be told is at least logged', async () => {
      bot.answering(boom);
      bot.slack.on('chat.postMessage', () => refuse('restricted_action'));
      bot.slack.on('chat.postEphemeral', () => refuse('user_not_in_channel'));
      await event(appMention('who?', { thread_ts: THREAD }));
      await until('it is logged', () => bot.lines.some((line) => line.includes('could not be told')));
    });
  });

  describe('a message', () => {
    test('in a thread is handed on as talk, and a thread that is not ours stays silent', async () => {
      bot.answering(async () => 'not-ours');
      await event(channelMessage('who is affected?', { thread_ts: THREAD }));
      await until('it is asked', () => bot.questions.length === 1);
      await idle();
      expect(bot.questions[0]).toMatchObject({ addressed: false, thread: { channel: CHANNEL, ts: THREAD } });
      expect(posts()).toEqual([]);
      expect(bot.asked).toEqual([]);
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
      await until('the next is asked', () => bot.questions.length === 1);
      expect(bot.questions[0]?.text).toBe('the next');
      expect(bot.asked).toEqual([]);
    });

    test.each([
      'file_share',
      'thread_broadcast',
    ])('of subtype %s is still somebody saying something', async (subtype) => {
      await event(channelMessage('see this', { thread_ts: THREAD, subtype }));
      await until('it is asked', () => bot.questions.length === 1);
    });

    test('to the bot directly is always for the bot', async () => {
      const direct = { channel: 'D0DIRECT1', channel_type: 'im' };
      await event(channelMessage(ID, direct));
      await until('the intake is asked', () => bot.asked.length === 1);
      expect(bot.asked[0]).toMatchObject({ kind: 'mention', channel: 'D0DIRECT1', threadTs: '1700000200.000100' });
      bot.answering(async () => 'not-ours');
      await event(channelMessage('hello', direct));
      await until('help is posted', () => posts().length === 1);
      expect(bot.questions[0]).toMatchObject({ addressed: true });
    });
  });

  describe('a button', () => {
    test.each([
      ['ask:compare', 'Compare with a healthy trace'],
      ['ask:time#2', 'Where did the time go?'],
      ['anything', 'who is affected?'],
    ])('%s asks what it stands for in the thread of the card', async (action_id, value) => {
      expect((await click({ action_id, value })).status).toBe(200);
      await until('it is asked', () => bot.questions.length === 1);
      expect(bot.questions[0]).toEqual({
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
      await until('it is asked', () => bot.questions.length === 1);
      expect(bot.questions[0]?.thread.ts).toBe(THREAD);
    });

    test('that opens a page is acknowledged and nothing more', async () => {
      expect((await click({ action_id: 'runbook', url: 'https://wiki.example/' })).status).toBe(200);
      await idle();
      expect(bot.questions).toEqual([]);
      expect(posts()).toEqual([]);
    });

    test.each([
      ['without a sentence', {}],
      ['of a card nobody remembers', { value: 'who is affected?' }],
    ])('%s says so', async (_, more) => {
      bot.answering(async () => 'not-ours');
      expect((await click({ action_id: 'from-last-year', ...more })).status).toBe(200);
      await until('it is told', () => posts().length === 1);
      expect(posts()[0]?.text).toContain('no longer know');
    });

    test('that fails is told in the thread', async () => {
      bot.answering(boom);
      await click({ action_id: 'ask:compare', value: 'compare' });
      await until('it is told', () => posts().length === 1);
      expect(posts()[0]).toMatchObject({ thread_ts: THREAD });
    });
  });

  describe('"Explain this trace"', () => {
    const shortcut = (message: object) => bot.deliver('interactive', messageShortcut(message, bot.slack.responseUrl));

    test('looks into the trace that an alert links to, in that message’s thread', async () => {
      const attachments = [{ fallback: 'alert', actions: [{ url: `https://jaeger.example/trace/${ID}` }] }];
      expect((await shortcut({ text: 'checkout is slow', attachments })).status).toBe(200);
      await until('the intake is asked', () => bot.asked.length === 1);
      expect(bot.asked[0]).toMatchObject({ kind: 'mention', traceId: ID, threadTs: '1700000050.000100' });
    });

    test('says to that person when there is none', async () => {
      await shortcut({ text: 'good morning' });
      await until('it is told', () => bot.slack.responses.length === 1);
      expect(bot.slack.responses[0]).toMatchObject({ response_type: 'ephemeral', replace_original: false });
      expect(bot.asked).toEqual([]);
    });
  });

  test('stopping takes nothing more, waits for what is under way, and says what it left', async () => {
    const finish = Promise.withResolvers<'answered'>();
    bot.answering(() => finish.promise);
    await event(appMention('slow', { thread_ts: THREAD }));
    await until('it is asked', () => bot.questions.length === 1);
    expect(await bot.app.stop(50)).toBe(1);
    const stopped = bot.app.stop(5_000);
    finish.resolve('answered');
    expect(await stopped).toBe(0);
    if (mode === 'http') expect((await event(appMention('late'))).status).toBe(503);
    else await until('the socket is closed', () => bot.slack.sockets.size === 0);
  });
});
