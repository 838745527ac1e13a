import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PNG, type Served, serve, until } from './serve.ts';

let slack: Served;
let channel: string;
let ts: string;

beforeAll(async () => {
  slack = await serve();
  const { body } = await slack.api('chat.postMessage', { channel: 'incidents', text: 'first' });
  channel = body.channel;
  ts = body.ts;
});
afterAll(() => slack.close());

const text = (words: string) => ({ type: 'plain_text', text: words });
const section = (words: string) => ({ type: 'section', text: { type: 'mrkdwn', text: words } });
const button = (more: object = {}) => ({ type: 'button', action_id: 'a', text: text('Go'), ...more });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const image = (more: object) => ({ type: 'image', alt_text: 'x', ...more });
const table = (rows: number, columns: number) => ({
  type: 'table',
  rows: Array.from({ length: rows }, () => Array.from({ length: columns }, () => ({ type: 'raw_text', text: 'x' }))),
});

describe('who may call', () => {
  test.each([
    ['no token', null, 'not_authed'],
    ['an unknown token', 'xoxb-wrong', 'invalid_auth'],
  ])('%s', async (_, token, error) => {
    const { status, body } = await slack.api('auth.test', {}, token);
    expect({ status, body }).toEqual({ status: 200, body: { ok: false, error } });
  });

  test('the wrong kind of token', async () => {
    expect((await slack.api('apps.connections.open', {})).body.error).toBe('not_allowed_token_type');
    expect((await slack.api('auth.test', {}, slack.playground.appToken)).body.error).toBe('not_allowed_token_type');
  });

  test('an unknown method', async () => {
    expect((await slack.api('chat.shout', { text: 'x' })).body.error).toBe('unknown_method');
  });

  test('a scope that the manifest does not ask for is refused with what is needed, and listed', async () => {
    const manifest = join(mkdtempSync(join(tmpdir(), 'playground-')), 'manifest.yml');
    writeFileSync(manifest, 'oauth_config: {scopes: {bot: [chat:write]}}');
    const narrow = await serve({ manifest });
    const { body } = await narrow.api('conversations.history', { channel });
    expect(body).toEqual({
      ok: false,
      error: 'missing_scope',
      needed: 'channels:history,groups:history',
      provided: 'chat:write',
    });
    expect((await narrow.get('/playground/api/oddities')).body.missingScopes).toEqual([
      { method: 'conversations.history', needed: 'channels:history,groups:history', count: 1 },
    ]);
    await narrow.close();
  });

  test('a caller that is too fast is told when to come again', async () => {
    const busy = await serve({ limit: (method) => (method === 'chat.postMessage' ? 7 : undefined) });
    const answer = await busy.api('chat.postMessage', { channel: 'incidents', text: 'x' });
    expect([answer.status, answer.headers.get('retry-after'), answer.body.error]).toEqual([429, '7', 'ratelimited']);
    expect((await busy.api('auth.test')).body.ok).toBe(true);
    await busy.close();
  });
});

describe('what may be said', () => {
  const cases: readonly [string, Record<string, unknown>, string][] = [
    ['nowhere', { channel: 'nowhere', text: 'x' }, 'channel_not_found'],
    ['nothing', { channel: 'incidents' }, 'no_text'],
    ['blanks', { channel: 'incidents', text: '  ' }, 'no_text'],
    ['40,001 characters', { channel: 'incidents', text: 'x'.repeat(40_001) }, 'msg_too_long'],
    ['blocks that are no JSON', { channel: 'incidents', text: 'x', blocks: '[{' }, 'invalid_blocks_format'],
    [
      'blocks that are no list',
      { channel: 'incidents', text: 'x', blocks: { type: 'divider' } },
      'invalid_blocks_format',
    ],
    ['a thread that is not there', { channel: 'incidents', text: 'x', thread_ts: '1.000001' }, 'thread_not_found'],
    ['a thread that is no ts', { channel: 'incidents', text: 'x', thread_ts: 'yesterday' }, 'invalid_thread_ts'],
    ['metadata without a type', { channel: 'incidents', text: 'x', metadata: { a: 1 } }, 'invalid_metadata_schema'],
    ['metadata that is no object', { channel: 'incidents', text: 'x', metadata: 'a' }, 'invalid_metadata_format'],
    [
      'metadata beyond 16 KB',
      { channel: 'incidents', text: 'x', metadata: { event_type: 'a', event_payload: { a: 'x'.repeat(16_400) } } },
      'metadata_too_large',
    ],
    [
      'blocks with too much text in all',
      { channel: 'incidents', text: 'x', blocks: Array.from({ length: 5 }, () => section('x'.repeat(2_900))) },
      'msg_blocks_too_long',
    ],
  ];
  test.each(cases)('%s', async (_, args, error) => {
    expect((await slack.api('chat.postMessage', args)).body).toMatchObject({ ok: false, error });
  });

  test('a missing argument is named', async () => {
    expect((await slack.api('chat.postMessage', { text: 'x' })).body).toEqual({
      ok: false,
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] missing required field: channel'] },
    });
  });

  test('the answer to an answer is not a thread', async () => {
    const reply = await slack.api('chat.postMessage', { channel, thread_ts: ts, text: 'reply' });
    const { body } = await slack.api('chat.postMessage', { channel, thread_ts: reply.body.ts, text: 'x' });
    expect(body.error).toBe('thread_not_found');
  });

  test('an argument that Slack does not know is taken and listed', async () => {
    const { body } = await slack.api('chat.postMessage', { channel, text: 'x', thread: ts, team_id: 'T1' });
    expect(body.ok).toBe(true);
    expect(slack.playground.oddities().unknownArguments).toEqual([
      { method: 'chat.postMessage', argument: 'thread', count: 1 },
    ]);
  });

  test('the bot speaks where it is, or with the scope for it', async () => {
    const channels = [
      { name: 'incidents', purpose: '', joined: true },
      { name: 'private-ish', purpose: '', joined: false },
    ];
    const outside = await serve({ channels });
    const post = () => outside.api('chat.postMessage', { channel: 'private-ish', text: 'x' });
    expect((await post()).body.error).toBe('not_in_channel');
    const list = (await outside.api('conversations.list')).body.channels;
    const id = list.find((one: { name: string }) => one.name === 'private-ish').id;
    await outside.api('conversations.join', { channel: id });
    expect((await post()).body.ok).toBe(true);
    await outside.close();
  });
});

describe('blocks', () => {
  const limits: readonly [string, object[], object[], string][] = [
    [
      '50 blocks',
      Array(50).fill({ type: 'divider' }),
      Array(51).fill({ type: 'divider' }),
      'no more than 50 items allowed [json-pointer:/blocks]',
    ],
    [
      'section of 3000',
      [section('x'.repeat(3000))],
      [section('x'.repeat(3001))],
      'must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'header of 150',
      [{ type: 'header', text: text('x'.repeat(150)) }],
      [{ type: 'header', text: text('x'.repeat(151)) }],
      'must be less than 151 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      '10 fields',
      [{ type: 'section', fields: Array(10).fill(text('x')) }],
      [{ type: 'section', fields: Array(11).fill(text('x')) }],
      'no more than 10 items allowed [json-pointer:/blocks/0/fields]',
    ],
    [
      'field of 2000',
      [{ type: 'section', fields: [text('x'.repeat(2000))] }],
      [{ type: 'section', fields: [text('x'.repeat(2001))] }],
      'must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]',
    ],
    [
      '10 context elements',
      [{ type: 'context', elements: Array(10).fill(text('x')) }],
      [{ type: 'context', elements: Array(11).fill(text('x')) }],
      'no more than 10 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      '25 actions',
      [actions(...Array.from({ length: 25 }, (_, at) => button({ action_id: `a${at}` })))],
      [actions(...Array.from({ length: 26 }, (_, at) => button({ action_id: `a${at}` })))],
      'no more than 25 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      'button text of 75',
      [actions(button({ text: text('x'.repeat(75)) }))],
      [actions(button({ text: text('x'.repeat(76)) }))],
      'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
    ],
    [
      'button value of 2000',
      [actions(button({ value: 'x'.repeat(2000) }))],
      [actions(button({ value: 'x'.repeat(2001) }))],
      'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
    ],
    [
      'button url of 3000',
      [actions(button({ url: 'x'.repeat(3000) }))],
      [actions(button({ url: 'x'.repeat(3001) }))],
      'must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]',
    ],
    [
      'action_id of 255',
      [actions(button({ action_id: 'x'.repeat(255) }))],
      [actions(button({ action_id: 'x'.repeat(256) }))],
      'must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]',
    ],
    [
      'block_id of 255',
      [{ type: 'divider', block_id: 'x'.repeat(255) }],
      [{ type: 'divider', block_id: 'x'.repeat(256) }],
      'must be less than 256 characters [json-pointer:/blocks/0/block_id]',
    ],
    [
      'alt text of 2000',
      [image({ image_url: 'https://a.b/c.png', alt_text: 'x'.repeat(2000) })],
      [image({ image_url: 'https://a.b/c.png', alt_text: 'x'.repeat(2001) })],
      'must be less than 2001 characters [json-pointer:/blocks/0/alt_text]',
    ],
    ['100 rows', [table(100, 2)], [table(101, 2)], 'no more than 100 items allowed [json-pointer:/blocks/0/rows]'],
    ['20 columns', [table(2, 20)], [table(2, 21)], 'no more than 20 items allowed [json-pointer:/blocks/0/rows/0]'],
  ];
  test.each(limits)('%s: the limit is allowed, one more is not', async (_, allowed, refused, complaint) => {
    const post = async (blocks: object[]) => (await slack.api('chat.postMessage', { channel, text: 'x', blocks })).body;
    expect(await post(allowed)).toMatchObject({ ok: true });
    const answer = await post(refused);
    expect(answer.error).toBe('invalid_blocks');
    expect(answer.response_metadata.messages[0]).toContain(complaint);
  });

  const refused: readonly [string, object[], string][] = [
    ['an unknown type', [{ type: 'fireworks' }], 'unsupported type'],
    ['a property that is not Slack’s', [{ type: 'divider', colour: 'red' }], 'invalid additional property: colour'],
    ['a header in mrkdwn', [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }], '/blocks/0/text/type'],
    ['a section of nothing', [{ type: 'section' }], 'must have text or fields'],
    ['no alt text', [{ type: 'image', image_url: 'https://a.b/c.png' }], 'missing required field: alt_text'],
    ['image by two ways', [image({ image_url: 'https://a.b', slack_file: { id: 'F0000000000' } })], 'either image_url'],
    [
      'a file that nobody uploaded',
      [image({ slack_file: { id: 'F0000000000' } })],
      'invalid slack file [json-pointer:/blocks/0/slack_file]',
    ],
    [
      'the same block_id twice',
      [
        { type: 'divider', block_id: 'a' },
        { type: 'divider', block_id: 'a' },
      ],
      'block_id already exists',
    ],
    ['the same action_id twice', [actions(button(), button())], 'action_id already exists'],
    ['two tables', [table(1, 1), table(1, 1)], 'only_one_table_allowed'],
    ['an empty text', [section('')], 'must be more than 0 characters'],
  ];
  test.each(refused)('%s', async (_, blocks, complaint) => {
    const { body } = await slack.api('chat.postMessage', { channel, text: 'x', blocks });
    expect(body.error).toBe('invalid_blocks');
    expect(body.response_metadata.messages.join()).toContain(complaint);
  });
});

describe('changing what was said', () => {
  test('only the bot’s own, only what is there, at most 4,000 characters', async () => {
    const said = await slack.post('/playground/api/say', { channel: 'incidents', user: 'alex', text: 'mine' });
    const update = async (args: object) => (await slack.api('chat.update', { channel, text: 'x', ...args })).body;
    expect(await update({ ts: said.body.ts })).toMatchObject({ error: 'cant_update_message' });
    expect(await update({ ts: '1.000001' })).toMatchObject({ error: 'message_not_found' });
    expect(await update({ ts, text: 'x'.repeat(4_001) })).toMatchObject({ error: 'msg_too_long' });
    expect(await update({ ts, text: 'x'.repeat(4_000) })).toMatchObject({ ok: true, ts });
    // A channel's name opens a message, but does not change one.
    expect(await update({ ts, channel: 'incidents' })).toMatchObject({ error: 'channel_not_found' });
  });

  test('blocks and metadata that are not mentioned stay; empty ones go', async () => {
    const metadata = { event_type: 'card', event_payload: { key: 'k' } };
    const { body } = await slack.api('chat.postMessage', { channel, text: 'a', blocks: [section('b')], metadata });
    const update = async (args: object) =>
      (await slack.api('chat.update', { channel, ts: body.ts, ...args })).body.message;
    const kept = await update({ text: 'c' });
    expect(kept).toMatchObject({ text: 'c', blocks: [{ text: { text: 'b' } }], metadata });
    const emptied = await update({ text: 'd', blocks: [], metadata: {} });
    expect(emptied.text).toBe('d');
    expect(emptied).not.toHaveProperty('blocks');
    expect(emptied).not.toHaveProperty('metadata');
  });
});

describe('reading back', () => {
  test('history is newest first, in pages, and keeps metadata back unless asked', async () => {
    const fresh = await serve();
    const metadata = { event_type: 'card', event_payload: { key: 'k' } };
    const stamps: string[] = [];
    for (const words of ['a', 'b', 'c']) {
      const { body } = await fresh.api('chat.postMessage', { channel: 'incidents', text: words, metadata });
      stamps.push(body.ts);
    }
    const read = async (args: object = {}) => (await fresh.api('conversations.history', { channel, ...args })).body;
    const words = (body: { messages: { text: string }[] }) => body.messages.map((one) => one.text).join('');
    const first = await read({ limit: 2 });
    expect(words(first)).toBe('cb');
    expect(first.messages[0]).not.toHaveProperty('metadata');
    const second = await read({ limit: 2, cursor: first.response_metadata.next_cursor });
    expect([words(second), second.has_more, second.response_metadata.next_cursor]).toEqual(['a', false, '']);
    expect((await read({ include_all_metadata: true })).messages[0].metadata).toEqual(metadata);
    expect(words(await read({ oldest: stamps[0] }))).toBe('cb');
    expect(words(await read({ oldest: stamps[0], inclusive: true, latest: stamps[1] }))).toBe('ba');
    expect((await read({ cursor: 'nonsense' })).error).toBe('invalid_cursor');
    expect((await read({ oldest: 'nonsense' })).error).toBe('invalid_ts_oldest');
    expect((await fresh.api('conversations.replies', { channel, ts: '1.0' })).body.error).toBe('thread_not_found');
    expect(new Set(stamps).size).toBe(3);
    expect(stamps).toEqual(stamps.toSorted());
    await fresh.close();
  });
});

describe('files', () => {
  test('a picture stands in a message only after Slack looked at it', async () => {
    const slow = await serve({ fileDelayMs: 60 });
    const start = (await slow.api('files.getUploadURLExternal', { filename: 'a.png', length: PNG.length })).body;
    const blocks = [image({ slack_file: { id: start.file_id } })];
    const post = async () => (await slow.api('chat.postMessage', { channel, text: 'x', blocks })).body;
    expect((await post()).error).toBe('invalid_blocks');
    const complete = async () =>
      (await slow.api('files.completeUploadExternal', { files: [{ id: start.file_id, title: 'A' }] })).body;
    expect((await complete()).error).toBe('file_not_found');
    expect((await fetch(start.upload_url, { method: 'POST', body: 'too few bytes' })).status).toBe(400);
    expect((await fetch(start.upload_url, { method: 'POST', body: new Uint8Array(PNG) })).status).toBe(200);
    expect((await complete()).files[0]).toMatchObject({ id: start.file_id, title: 'A', mimetype: '' });
    expect((await post()).error).toBe('invalid_blocks');
    const info = async () => (await slow.api('files.info', { file: start.file_id })).body.file;
    await until(async () => (await info()).mimetype === 'image/png');
    expect((await post()).ok).toBe(true);
    expect((await complete()).error).toBe('invalid_arguments');
    await slow.close();
  });

  test('bytes that are no picture do not stand in an image block, whatever they are called', async () => {
    const id = await slack.upload(Buffer.from('<script>alert(1)</script>'), 'picture.png');
    const blocks = [image({ slack_file: { id } })];
    expect((await slack.api('chat.postMessage', { channel, text: 'x', blocks })).body.error).toBe('invalid_blocks');
    const served = await fetch(`${slack.origin}/playground/files/${id}/picture.png`);
    expect(served.headers.get('content-disposition')).toContain('attachment');
    expect(served.headers.get('content-security-policy')).toContain('sandbox');
  });

  test.each([
    ['no bytes', { filename: 'a.png', length: 0 }, 'invalid_arguments'],
    ['too many bytes', { filename: 'a.png', length: 1e9 }, 'file_upload_size_restricted'],
  ])('%s are not announced', async (_, args, error) => {
    expect((await slack.api('files.getUploadURLExternal', args)).body.error).toBe(error);
  });
});

test('bodies that cannot be read are refused in Slack’s words', async () => {
  const send = (type: string, body: string) =>
    slack.post(`${slack.playground.slackApiPath}auth.test`, body, { 'content-type': type });
  expect((await send('application/json', '{"a":')).body.error).toBe('invalid_json');
  expect((await send('application/json', '[]')).body.error).toBe('json_not_object');
  expect((await send('text/plain', 'x')).body.error).toBe('invalid_post_type');
  expect((await send('multipart/form-data; boundary=x', 'x')).body.error).toBe('invalid_form_data');
});
