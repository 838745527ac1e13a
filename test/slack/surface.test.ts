import { describe, expect, test } from 'vitest';
import { CARD, failureOf, NOW, overStandIn } from './over-stand-in.ts';
import { BOT, ok, refuse } from './stand-in.ts';

const held = overStandIn();

describe('open', () => {
  test('posts once, with its key in the metadata, in a channel given by name', async () => {
    const ref = await held.chat.open('#incidents', CARD, 'card:1');
    expect(ref).toEqual({ channel: 'C0INCIDENTS', ts: '1700000000.000001' });
    const [args] = held.slack.of('chat.postMessage');
    expect(args).toMatchObject({ channel: 'C0INCIDENTS', text: 'Looking at checkout.' });
    expect(JSON.parse(args?.metadata ?? '')).toEqual({ event_type: 'causeway_card', event_payload: { key: 'card:1' } });
  });

  test('looks a name up once, an id never', async () => {
    await held.chat.open('incidents', CARD, 'a');
    await held.chat.open('incidents', CARD, 'b');
    await held.chat.open('C0OTHER99', CARD, 'c');
    expect(held.slack.of('conversations.list')).toHaveLength(1);
  });

  test('one listing serves all who wait for it, page by page', async () => {
    held.slack.on('conversations.list', ({ cursor }) =>
      cursor === 'two'
        ? ok({ channels: [{ id: 'C0SECOND', name: 'second' }] })
        : ok({ channels: [{ id: 'C0FIRST', name: 'first' }], response_metadata: { next_cursor: 'two' } }),
    );
    await Promise.all(['first', 'second', 'second'].map((name) => held.chat.open(name, CARD, name)));
    expect(held.slack.of('conversations.list')).toHaveLength(2);
    expect(
      held.slack
        .of('chat.postMessage')
        .map(({ channel }) => channel)
        .sort(),
    ).toEqual(['C0FIRST', 'C0SECOND', 'C0SECOND']);
  });

  test('says so when there is no such channel, and believes it for a minute', async () => {
    expect((await failureOf(held.chat.open('nowhere', CARD, 'k'))).kind).toBe('not-found');
    await failureOf(held.chat.open('nowhere', CARD, 'k'));
    expect(held.slack.of('conversations.list')).toHaveLength(1);
    held.slack.on('conversations.list', () => ok({ channels: [{ id: 'C0NOWHERE', name: 'nowhere' }] }));
    held.now += 61_000_000;
    expect((await held.chat.open('nowhere', CARD, 'k')).channel).toBe('C0NOWHERE');
  });

  test('looks a name up again when its channel is gone', async () => {
    held.slack.on('chat.postMessage', () => refuse('channel_not_found'));
    expect((await failureOf(held.chat.open('incidents', CARD, 'k'))).kind).toBe('not-found');
    await failureOf(held.chat.open('incidents', CARD, 'k'));
    expect(held.slack.of('conversations.list')).toHaveLength(2);
  });

  test('enters a public channel it is not in', async () => {
    held.slack.on('chat.postMessage', ({ channel }, nth) =>
      nth === 1 ? refuse('not_in_channel') : ok({ channel, ts: '1.000001', message: {} }),
    );
    expect(await held.chat.open('C0PUBLIC1', CARD, 'k')).toEqual({ channel: 'C0PUBLIC1', ts: '1.000001' });
    expect(held.slack.of('conversations.join')).toEqual([{ channel: 'C0PUBLIC1' }]);
  });

  test('asks to be invited where it cannot enter', async () => {
    held.slack.on('chat.postMessage', () => refuse('not_in_channel'));
    held.slack.on('conversations.join', () => refuse('method_not_supported_for_channel_type'));
    const failure = await failureOf(held.chat.open('C0PRIVATE', CARD, 'k'));
    expect(failure.kind).toBe('misconfigured');
    expect(failure.hint).toContain('/invite');
    expect(held.slack.of('chat.postMessage')).toHaveLength(1);
  });
});

describe('reply', () => {
  const thread = { channel: 'C0INCIDENTS', ts: '1700000000.000001' };

  test('stands in the thread', async () => {
    await held.chat.reply(thread, CARD, 'r1');
    expect(held.slack.of('chat.postMessage')[0]).toMatchObject({ thread_ts: thread.ts });
  });

  test('is taken back when the thread is gone and Slack posted it in the channel', async () => {
    held.slack.on('chat.postMessage', ({ channel }) => ok({ channel, ts: '9.000009', message: { ts: '9.000009' } }));
    const failure = await failureOf(held.chat.reply(thread, CARD, 'r1'));
    expect(failure.kind).toBe('not-found');
    expect(held.slack.of('chat.delete')).toEqual([{ channel: 'C0INCIDENTS', ts: '9.000009' }]);
  });

  test('says when even that failed', async () => {
    held.slack.on('chat.postMessage', ({ channel }) => ok({ channel, ts: '9.000009', message: {} }));
    held.slack.on('chat.delete', () => refuse('cant_delete_message'));
    expect((await failureOf(held.chat.reply(thread, CARD, 'r1'))).hint).toContain('by hand');
  });
});

test('amend keeps the text within what an edit may have', async () => {
  await held.chat.amend({ channel: 'C0INCIDENTS', ts: '1.000001' }, { summary: '&'.repeat(9_000), parts: [] });
  const [args] = held.slack.of('chat.update');
  expect(args?.text?.length).toBeLessThanOrEqual(4_000);
  expect(args?.text).toMatch(/^(&amp;)+…$/);
});

describe('find', () => {
  const carrying = (key: string, ts: string, user = BOT) => ({
    ts,
    user,
    metadata: { event_type: 'causeway_card', event_payload: { key } },
  });

  test('reads on until it has found the key', async () => {
    held.slack.on('conversations.history', ({ cursor }) =>
      cursor === 'older'
        ? ok({ messages: [carrying('mine', '5.000001')] })
        : ok({ messages: [carrying('other', '6.000001'), { ts: '6.2' }], response_metadata: { next_cursor: 'older' } }),
    );
    expect(await held.chat.find({ channel: 'incidents' }, 'mine', NOW)).toEqual({
      channel: 'C0INCIDENTS',
      ts: '5.000001',
    });
    expect(held.slack.of('conversations.history')[0]).toMatchObject({
      channel: 'C0INCIDENTS',
      include_all_metadata: 'true',
      oldest: '1699999880.000000',
    });
  });

  test('reads the thread when it is given', async () => {
    held.slack.on('conversations.replies', () => ok({ messages: [carrying('mine', '5.000002')] }));
    const thread = { channel: 'C0INCIDENTS', ts: '5.000001' };
    expect(await held.chat.find({ channel: 'C0INCIDENTS', thread }, 'mine', NOW)).toEqual({
      ...thread,
      ts: '5.000002',
    });
    expect(held.slack.of('conversations.replies')[0]).toMatchObject({ ts: '5.000001' });
  });

  test('is not taken in by somebody else’s message', async () => {
    held.slack.on('conversations.history', () => ok({ messages: [carrying('mine', '5.000001', 'U0STRANGER')] }));
    expect(await held.chat.find({ channel: 'incidents' }, 'mine', NOW)).toBeUndefined();
  });

  test('does not say "not there" of a channel it could not read to the end', async () => {
    held.slack.on('conversations.history', (_, nth) =>
      ok({ messages: [], response_metadata: { next_cursor: `page-${nth}` } }),
    );
    const failure = await failureOf(held.chat.find({ channel: 'incidents' }, 'mine', NOW));
    expect(failure.kind).toBe('busy');
    expect(held.slack.of('conversations.history').length).toBeLessThan(50);
  });
});

test('permalink is missing for a message that is gone', async () => {
  held.slack.on('chat.getPermalink', (_, nth) =>
    nth === 1 ? ok({ permalink: 'https://x/' }) : refuse('message_not_found'),
  );
  const ref = { channel: 'C0INCIDENTS', ts: '1.000001' };
  expect(await held.chat.permalink(ref)).toBe('https://x/');
  expect(await held.chat.permalink(ref)).toBeUndefined();
});
