import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import type { Message, Picture } from '../../src/model/message.ts';
import type { Chat } from '../../src/ports/chat.ts';
import { boltLogger } from '../../src/slack/bolt-logger.ts';
import { isDoubt, slackCode } from '../../src/slack/failures.ts';
import { slackSurface } from '../../src/slack/surface.ts';
import { webApi } from '../../src/slack/web-api.ts';
import { keptLog } from './log.ts';
import { BOT, ok, refuse, type StandIn, standIn } from './stand-in.ts';

const CARD: Message = { summary: 'Looking at checkout.', parts: [{ kind: 'text', lines: [['Looking …']] }] };
const NOW = 1_700_000_000_000_000;
const PICTURE: Picture = {
  png: new Uint8Array([0x89, 0x50, 0x4e, 0x47]),
  width: 1,
  height: 1,
  filename: 'trace.png',
  title: 'The trace',
  alt: 'auth takes 2 s of 2.1 s',
};

let slack: StandIn;
let chat: Chat;
let now = NOW;
const { log, lines } = keptLog();

beforeEach(async () => {
  slack = await standIn();
  now = NOW;
  const call = webApi({
    token: 'xoxb-secret-token',
    apiUrl: slack.apiUrl,
    logger: boltLogger(log),
    timeoutMs: 300,
    patienceMs: 1_500,
  });
  chat = slackSurface({ call, clock: { now: () => now }, botUserId: BOT });
});
afterEach(() => slack.close());

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof Failure) return thrown;
  throw new Error(`Expected a Failure, got ${thrown}`);
}

describe('open', () => {
  test('posts once, with its key in the metadata, in a channel given by name', async () => {
    const ref = await chat.open('#incidents', CARD, 'card:1');
    expect(ref).toEqual({ channel: 'C0INCIDENTS', ts: '1700000000.000001' });
    const [args] = slack.of('chat.postMessage');
    expect(args).toMatchObject({ channel: 'C0INCIDENTS', text: 'Looking at checkout.' });
    expect(JSON.parse(args?.metadata ?? '')).toEqual({ event_type: 'causeway_card', event_payload: { key: 'card:1' } });
  });

  test('looks a name up once, an id never', async () => {
    await chat.open('incidents', CARD, 'a');
    await chat.open('incidents', CARD, 'b');
    await chat.open('C0OTHER99', CARD, 'c');
    expect(slack.of('conversations.list')).toHaveLength(1);
  });

  test('one listing serves all who wait for it, page by page', async () => {
    slack.on('conversations.list', ({ cursor }) =>
      cursor === 'two'
        ? ok({ channels: [{ id: 'C0SECOND', name: 'second' }] })
        : ok({ channels: [{ id: 'C0FIRST', name: 'first' }], response_metadata: { next_cursor: 'two' } }),
    );
    await Promise.all(['first', 'second', 'second'].map((name) => chat.open(name, CARD, name)));
    expect(slack.of('conversations.list')).toHaveLength(2);
    expect(
      slack
        .of('chat.postMessage')
        .map(({ channel }) => channel)
        .sort(),
    ).toEqual(['C0FIRST', 'C0SECOND', 'C0SECOND']);
  });

  test('says so when there is no such channel, and believes it for a minute', async () => {
    expect((await failureOf(chat.open('nowhere', CARD, 'k'))).kind).toBe('not-found');
    await failureOf(chat.open('nowhere', CARD, 'k'));
    expect(slack.of('conversations.list')).toHaveLength(1);
    slack.on('conversations.list', () => ok({ channels: [{ id: 'C0NOWHERE', name: 'nowhere' }] }));
    now += 61_000_000;
    expect((await chat.open('nowhere', CARD, 'k')).channel).toBe('C0NOWHERE');
  });

  test('looks a name up again when its channel is gone', async () => {
    slack.on('chat.postMessage', () => refuse('channel_not_found'));
    expect((await failureOf(chat.open('incidents', CARD, 'k'))).kind).toBe('not-found');
    await failureOf(chat.open('incidents', CARD, 'k'));
    expect(slack.of('conversations.list')).toHaveLength(2);
  });

  test('enters a public channel it is not in', async () => {
    slack.on('chat.postMessage', ({ channel }, nth) =>
      nth === 1 ? refuse('not_in_channel') : ok({ channel, ts: '1.000001', message: {} }),
    );
    expect(await chat.open('C0PUBLIC1', CARD, 'k')).toEqual({ channel: 'C0PUBLIC1', ts: '1.000001' });
    expect(slack.of('conversations.join')).toEqual([{ channel: 'C0PUBLIC1' }]);
  });

  test('asks to be invited where it cannot enter', async () => {
    slack.on('chat.postMessage', () => refuse('not_in_channel'));
    slack.on('conversations.join', () => refuse('method_not_supported_for_channel_type'));
    const failure = await failureOf(chat.open('C0PRIVATE', CARD, 'k'));
    expect(failure.kind).toBe('misconfigured');
    expect(failure.hint).toContain('/invite');
    expect(slack.of('chat.postMessage')).toHaveLength(1);
  });
});

describe('a post whose answer is lost', () => {
  test.each([
    ['no answer', { hang: true } as const, 'timed-out'],
    ['a server error', { status: 500, body: 'oops' }, 'unreachable'],
    ['a page of a proxy', { body: '<html>busy</html>' }, 'unreachable'],
    ['an answer without a ts', { body: { ok: true } }, 'unreachable'],
    ['an error of Slack itself', { body: { ok: false, error: 'internal_error' } }, 'unreachable'],
  ])('is a doubt and is not tried again: %s', async (_, answer, kind) => {
    slack.on('chat.postMessage', () => answer);
    const failure = await failureOf(chat.open('C0INCIDENTS', CARD, 'k'));
    expect(failure.kind).toBe(kind);
    expect(isDoubt(failure)).toBe(true);
    expect(failure.retryable).toBe(true);
    expect(slack.of('chat.postMessage')).toHaveLength(1);
  });

  test('is a doubt when nobody listens', async () => {
    await slack.close();
    expect((await failureOf(chat.open('C0INCIDENTS', CARD, 'k'))).kind).toBe('unreachable');
    slack = await standIn();
  });
});

describe('a refusal', () => {
  test.each([
    ['missing_scope', { needed: 'chat:write' }, 'misconfigured', 'chat:write'],
    ['invalid_auth', {}, 'unauthorized', 'SLACK_BOT_TOKEN'],
    ['token_revoked', {}, 'unauthorized', 'manifest.yml'],
    ['is_archived', {}, 'refused', 'Unarchive'],
    ['restricted_action', {}, 'refused', 'administrator'],
    ['msg_blocks_too_long', {}, 'too-large', 'report'],
    ['invalid_blocks', {}, 'bad-input', 'report'],
    ['a_code_of_next_year', {}, 'refused', 'docs.slack.dev'],
  ])('%s is certain and says what to do', async (code, more, kind, hint) => {
    slack.on('chat.postMessage', () => refuse(code, more));
    const failure = await failureOf(chat.open('C0INCIDENTS', CARD, 'k'));
    expect(failure.kind).toBe(kind);
    expect(failure.hint).toContain(hint);
    expect(isDoubt(failure)).toBe(false);
    expect(slackCode(failure)).toBe(code);
    expect(slack.of('chat.postMessage')).toHaveLength(1);
  });

  test('a limit is waited out by this call alone', async () => {
    slack.on('chat.postMessage', ({ channel }, nth) =>
      channel === 'C0LIMITED' && nth < 3
        ? { status: 429, headers: { 'retry-after': '1' }, body: { ok: false, error: 'ratelimited' } }
        : ok({ channel, ts: '1.000001', message: {} }),
    );
    const order: string[] = [];
    const limited = chat.open('C0LIMITED', CARD, 'a').then(() => order.push('limited'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await chat.open('C0FREE0001', CARD, 'b').then(() => order.push('free'));
    await limited;
    expect(order).toEqual(['free', 'limited']);
  });

  test('a limit beyond all patience is handed on with its time', async () => {
    slack.on('chat.postMessage', () => ({ status: 429, headers: { 'retry-after': '90' }, body: {} }));
    const failure = await failureOf(chat.open('C0INCIDENTS', CARD, 'k'));
    expect(failure).toMatchObject({ kind: 'busy', retryAfter: 90 });
    expect(isDoubt(failure)).toBe(false);
  });
});

describe('reply', () => {
  const thread = { channel: 'C0INCIDENTS', ts: '1700000000.000001' };

  test('stands in the thread', async () => {
    await chat.reply(thread, CARD, 'r1');
    expect(slack.of('chat.postMessage')[0]).toMatchObject({ thread_ts: thread.ts });
  });

  test('is taken back when the thread is gone and Slack posted it in the channel', async () => {
    slack.on('chat.postMessage', ({ channel }) => ok({ channel, ts: '9.000009', message: { ts: '9.000009' } }));
    const failure = await failureOf(chat.reply(thread, CARD, 'r1'));
    expect(failure.kind).toBe('not-found');
    expect(slack.of('chat.delete')).toEqual([{ channel: 'C0INCIDENTS', ts: '9.000009' }]);
  });

  test('says when even that failed', async () => {
    slack.on('chat.postMessage', ({ channel }) => ok({ channel, ts: '9.000009', message: {} }));
    slack.on('chat.delete', () => refuse('cant_delete_message'));
    expect((await failureOf(chat.reply(thread, CARD, 'r1'))).hint).toContain('by hand');
  });
});

test('amend keeps the text within what an edit may have', async () => {
  await chat.amend({ channel: 'C0INCIDENTS', ts: '1.000001' }, { summary: '&'.repeat(9_000), parts: [] });
  const [args] = slack.of('chat.update');
  expect(args?.text?.length).toBeLessThanOrEqual(4_000);
  expect(args?.text).toMatch(/^(&amp;)+…$/);
});

describe('upload', () => {
  test('is in three steps, with the alt text as Slack spells it, and waits until the file can be shown', async () => {
    expect(await chat.upload(PICTURE)).toEqual({ id: 'F0PICTURE' });
    expect(slack.of('files.getUploadURLExternal')).toEqual([
      { filename: 'trace.png', length: '4', alt_txt: 'auth takes 2 s of 2.1 s' },
    ]);
    expect(slack.of('upload')).toHaveLength(1);
    expect(slack.of('files.completeUploadExternal')).toEqual([{ files: '[{"id":"F0PICTURE","title":"The trace"}]' }]);
    expect(slack.of('files.info')).toHaveLength(2);
  });

  test('an empty picture is not sent', async () => {
    expect((await failureOf(chat.upload({ ...PICTURE, png: new Uint8Array() }))).kind).toBe('bad-input');
    expect(slack.calls).toEqual([]);
  });

  test('fails where the bytes are not taken', async () => {
    slack.on('upload', () => ({ status: 413, body: 'no' }));
    expect((await failureOf(chat.upload(PICTURE))).kind).toBe('unreachable');
    expect(slack.of('files.completeUploadExternal')).toEqual([]);
  });

  test('fails where the workspace takes no files', async () => {
    slack.on('files.getUploadURLExternal', () => refuse('file_uploads_disabled'));
    expect((await failureOf(chat.upload(PICTURE))).kind).toBe('refused');
  });
});

describe('find', () => {
  const carrying = (key: string, ts: string, user = BOT) => ({
    ts,
    user,
    metadata: { event_type: 'causeway_card', event_payload: { key } },
  });

  test('reads on until it has found the key', async () => {
    slack.on('conversations.history', ({ cursor }) =>
      cursor === 'older'
        ? ok({ messages: [carrying('mine', '5.000001')] })
        : ok({ messages: [carrying('other', '6.000001'), { ts: '6.2' }], response_metadata: { next_cursor: 'older' } }),
    );
    expect(await chat.find({ channel: 'incidents' }, 'mine', NOW)).toEqual({ channel: 'C0INCIDENTS', ts: '5.000001' });
    expect(slack.of('conversations.history')[0]).toMatchObject({
      channel: 'C0INCIDENTS',
      include_all_metadata: 'true',
      oldest: '1699999880.000000',
    });
  });

  test('reads the thread when it is given', async () => {
    slack.on('conversations.replies', () => ok({ messages: [carrying('mine', '5.000002')] }));
    const thread = { channel: 'C0INCIDENTS', ts: '5.000001' };
    expect(await chat.find({ channel: 'C0INCIDENTS', thread }, 'mine', NOW)).toEqual({ ...thread, ts: '5.000002' });
    expect(slack.of('conversations.replies')[0]).toMatchObject({ ts: '5.000001' });
  });

  test('is not taken in by somebody else’s message', async () => {
    slack.on('conversations.history', () => ok({ messages: [carrying('mine', '5.000001', 'U0STRANGER')] }));
    expect(await chat.find({ channel: 'incidents' }, 'mine', NOW)).toBeUndefined();
  });

  test('does not say "not there" of a channel it could not read to the end', async () => {
    slack.on('conversations.history', (_, nth) =>
      ok({ messages: [], response_metadata: { next_cursor: `page-${nth}` } }),
    );
    const failure = await failureOf(chat.find({ channel: 'incidents' }, 'mine', NOW));
    expect(failure.kind).toBe('busy');
    expect(slack.of('conversations.history').length).toBeLessThan(50);
  });
});

test('permalink is missing for a message that is gone', async () => {
  slack.on('chat.getPermalink', (_, nth) =>
    nth === 1 ? ok({ permalink: 'https://x/' }) : refuse('message_not_found'),
  );
  const ref = { channel: 'C0INCIDENTS', ts: '1.000001' };
  expect(await chat.permalink(ref)).toBe('https://x/');
  expect(await chat.permalink(ref)).toBeUndefined();
});

test('no line of the log holds the token', () => {
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join('\n')).not.toContain('xoxb-');
});
