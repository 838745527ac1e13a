import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Trigger } from '../../src/model/investigation.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { Question } from '../../src/ports/questions.ts';
import { chatContract } from '../contracts/chat.ts';
import { type PlainMessage, type Town, town } from './playground.ts';
import { until } from './stand-in.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const NO_ODDITIES = { unknownArguments: [], missingScopes: [] };

const accepted = { investigation: 'i1', outcome: 'opened' } as const;
const nobody = {
  intake: { alert: async () => accepted, ask: async () => accepted },
  questions: { answer: async () => 'answered' as const },
};

chatContract('Slack', async () => {
  const place = await town(nobody);
  const drawn = (message: PlainMessage, channel: string) => ({
    ref: { channel, ts: message.ts },
    text: `${message.text}\n${JSON.stringify(message.blocks ?? [])}`,
    pictures: (message.blocks ?? []).flatMap(({ type, alt_text }) => (type === 'image' && alt_text ? [alt_text] : [])),
  });
  return {
    chat: place.app.chat,
    channel: 'incidents',
    now: () => systemClock.now(),
    async shown({ channel, thread }) {
      const messages = await place.read(channel);
      const wanted = thread ? (messages.find(({ ts }) => ts === thread.ts)?.replies ?? []) : messages;
      return wanted.map((message) => drawn(message, channel));
    },
    async remove({ channel, ts }) {
      await place.web('chat.delete', { channel, ts });
    },
    async dispose() {
      const oddities = place.playground.oddities();
      await place.close();
      expect(oddities).toMatchObject(NO_ODDITIES);
      expect(oddities.refusals.filter(({ error }) => /block|too_long|metadata|argument/.test(error))).toEqual([]);
    },
  };
});

describe('people in the playground', () => {
  let place: Town;
  let asked: Exclude<Trigger, { kind: 'alert' }>[];
  let questions: Question[];
  let outcome: 'answered' | 'not-ours';

  beforeEach(async () => {
    asked = [];
    questions = [];
    outcome = 'answered';
    place = await town({
      intake: {
        alert: async () => accepted,
        ask: async (trigger) => {
          asked.push(trigger);
          return accepted;
        },
      },
      questions: {
        answer: async (question) => {
          questions.push(question);
          return outcome;
        },
      },
    });
  });
  afterEach(async () => {
    expect(place.playground.oddities()).toMatchObject(NO_ODDITIES);
    await place.close();
  });

  const idle = () => until('every listener is done', () => place.app.inFlight === 0);

  test('a slash command asks for an investigation', async () => {
    await place.say({ channel: 'incidents', user: 'alex', text: `/trace ${ID}` });
    await until('the intake is asked', () => asked.length === 1);
    expect(asked[0]).toMatchObject({ kind: 'command', traceId: ID });
  });

  test('a card, a click and a question in its thread are about the same thread', async () => {
    const card = await place.app.chat.open(
      'incidents',
      {
        summary: 'Cause: auth',
        parts: [{ kind: 'buttons', buttons: [{ action: 'ask:affected', label: 'Who?', value: 'Who is affected?' }] }],
      },
      'k1',
    );
    await place.click({ channel: 'incidents', ts: card.ts, action_id: 'ask:affected' });
    await until('the click is asked', () => questions.length === 1);
    await place.say({ channel: 'incidents', thread_ts: card.ts, user: 'alex', text: 'how do you know?' });
    await until('the saying is asked', () => questions.length === 2);
    expect(questions.map(({ thread, text, addressed }) => ({ thread, text, addressed }))).toEqual([
      { thread: card, text: 'Who is affected?', addressed: true },
      { thread: card, text: 'how do you know?', addressed: false },
    ]);
  });

  test('a mention where nothing is known gets help once', async () => {
    outcome = 'not-ours';
    await place.say({ channel: 'incidents', user: 'alex', text: '@Causeway hello' });
    await until('it is asked', () => questions.length > 0);
    await idle();
    const [said] = await place.read('incidents');
    expect(said?.replies?.map(({ text }) => text)).toEqual([expect.stringContaining('Mention me with a trace id')]);
    expect(questions.every(({ text, addressed }) => text === 'hello' && addressed)).toBe(true);
  });

  test('work goes on after Slack asked for a new socket', async () => {
    place.playground.refreshSockets();
    await expect
      .poll(
        async () => {
          await place.say({ channel: 'incidents', user: 'alex', text: `/trace ${ID}` });
          return asked.length;
        },
        { timeout: 5_000 },
      )
      .toBeGreaterThan(0);
  });
});
