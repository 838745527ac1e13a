import { mkdtempSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PNG, type Served, serve } from './serve.ts';

let slack: Served;
beforeEach(async () => {
  slack = await serve();
});
afterEach(() => slack.close());

const say = (saying: object) => slack.post('/playground/api/say', { channel: 'incidents', user: 'alex', ...saying });
const read = async (channel = 'incidents') => (await slack.get(`/playground/api/messages?channel=${channel}`)).body;

describe('every refusal names the field', () => {
  test.each([
    ['channel', { channel: 'nowhere', text: 'x' }, 404],
    ['user', { user: '<script>', text: 'x' }, 400],
    ['user', { user: 'causeway', text: 'x' }, 409],
    ['text', { text: '  ' }, 400],
    ['text', { text: 'x'.repeat(12_001) }, 400],
    ['text', { text: '/fly away' }, 400],
    ['thread_ts', { text: 'x', thread_ts: '1.000001' }, 404],
    ['thread_ts', { text: '/trace abc', thread_ts: '1.000001' }, 400],
  ])('say: %s', async (field, saying, status) => {
    const answer = await say(saying);
    expect(answer).toMatchObject({
      status,
      body: { ok: false, field, error: expect.any(String), hint: expect.any(String) },
    });
    expect((await read()).messages).toEqual([]);
  });

  test('somebody new simply walks in, and is the same person the next time', async () => {
    const first = (await say({ user: 'Grace Hopper', text: 'hello' })).body;
    const second = (await say({ user: '@grace hopper', text: 'again' })).body;
    const { messages } = await read();
    expect(messages.map((message: { user: string }) => message.user)).toEqual([messages[0].user, messages[0].user]);
    expect([first.ok, second.ok]).toEqual([true, true]);
    await say({ user: 'U0123ABCD', text: 'by id' });
    expect((await read()).messages.at(-1).user).toBe('U0123ABCD');
  });

  test('click: ts and action_id', async () => {
    const { ts } = (await slack.api('chat.postMessage', { channel: 'incidents', text: 'no buttons' })).body;
    const click = (more: object) =>
      slack.post('/playground/api/click', { channel: 'incidents', ts, action_id: 'a', ...more });
    expect(await click({ ts: '1.0' })).toMatchObject({ status: 404, body: { field: 'ts' } });
    expect(await click({})).toMatchObject({ status: 404, body: { field: 'action_id' } });
    expect(await click({ channel: 7 })).toMatchObject({ status: 400, body: { field: 'channel' } });
  });

  test('slash commands in threads are refused in Slack’s sense', async () => {
    const { ts } = (await say({ text: 'start' })).body;
    expect((await say({ text: '/trace abc', thread_ts: ts })).body.error).toContain('cannot be used');
  });
});

test('nobody there to hear a command: the person is told', async () => {
  expect((await say({ text: '/trace abc' })).status).toBe(502);
  expect((await read()).ephemeral[0].text).toBe('/trace failed with the error "dispatch_failed"');
});

test('what people type is escaped, and names become references', async () => {
  await say({ text: '<b> & @causeway, see #payments, @nobody and https://a.b/?x=1&y=2' });
  const { text, blocks } = (await read()).messages[0];
  expect(text).toMatch(/^&lt;b&gt; &amp; <@U\w+>, see <#C\w+\|payments>, @nobody and <https:\/\/a\.b\/\?x=1&amp;y=2>$/);
  expect(blocks[0].elements[0].elements.map((one: { type: string }) => one.type)).toEqual([
    ...['text', 'user', 'text', 'channel', 'text', 'link'],
  ]);
});

test('a default channel of another name is made', async () => {
  const named = await serve({ defaultChannel: '#on-call' });
  expect((await named.api('chat.postMessage', { channel: 'on-call', text: 'x' })).body.ok).toBe(true);
  expect((await named.get('/playground/api/messages')).body.channel.name).toBe('on-call');
  expect((await named.get('/')).body).toContain('#on-call');
  await named.close();
});

describe('incidents', () => {
  const path = '/playground/api/scenarios';
  test('start, state, unknown, and a second one while the first runs', async () => {
    expect(await slack.get(`${path}/none`)).toMatchObject({ status: 404, body: { field: 'name' } });
    expect(await slack.post(`${path}/none`, {})).toMatchObject({ status: 404, body: { field: 'name' } });
    expect((await slack.get(`${path}/tls-retry`)).body).toEqual({ name: 'tls-retry', phase: 'idle' });
    expect(await slack.post(`${path}/tls-retry`, {})).toMatchObject({ status: 200, body: { incident: 'P-tls-retry' } });
    expect((await slack.post(`${path}/auth-cascade`, {})).status).toBe(409);
    expect((await slack.get(`${path}/tls-retry`)).body).toMatchObject({ phase: 'fault', incident: 'P-tls-retry' });
  });

  test('a page elsewhere cannot start one', async () => {
    const answer = await slack.post(`${path}/tls-retry`, {}, { origin: 'http://evil.example' });
    expect(answer.status).toBe(409);
    expect(slack.scenarios.phase).toBe('idle');
  });
});

describe('after kill -9', () => {
  test('history, threads, metadata and files are there; no ts comes twice', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'playground-'));
    // A clock that stands still: only the archive can know which stamps were given out.
    const clock = { now: () => 1_700_000_000_000_000 };
    const before = await serve({ folder, clock });
    const id = await before.upload(PNG, 'trace.png');
    const metadata = { event_type: 'card', event_payload: { key: 'k-1' } };
    const blocks = [{ type: 'image', slack_file: { id }, alt_text: 'x' }];
    const card = (await before.api('chat.postMessage', { channel: 'incidents', text: 'card', blocks, metadata })).body;
    await before.api('chat.postMessage', { channel: 'incidents', text: 'reply', thread_ts: card.ts });
    const gone = (await before.api('chat.postMessage', { channel: 'incidents', text: 'gone' })).body;
    await before.api('chat.delete', { channel: gone.channel, ts: gone.ts });

    // The first one is still open, as the files of a killed process are: nothing was flushed at a close.
    const after = await serve({ folder, clock });
    const { messages } = (await after.get('/playground/api/messages?channel=incidents')).body;
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({ ts: card.ts, text: 'card', metadata, replies: [{ text: 'reply' }] });
    const file = (await after.api('files.info', { file: id })).body.file;
    expect(Buffer.from(await (await fetch(file.url_private)).arrayBuffer())).toEqual(PNG);
    expect((await after.api('chat.postMessage', { channel: 'incidents', text: 'x', blocks })).body.ok).toBe(true);
    const next = (await after.api('chat.postMessage', { channel: 'incidents', text: 'next' })).body.ts;
    expect(Number(next)).toBeGreaterThan(Number(gone.ts));
    await before.close();
    await after.close();
  });

  test('a channel keeps its newest threads only', async () => {
    const small = await serve({ keepMessages: 3 });
    for (const text of ['a', 'b', 'c', 'd', 'e']) await small.api('chat.postMessage', { channel: 'incidents', text });
    const { messages } = (await small.get('/playground/api/messages?channel=incidents')).body;
    expect(messages.map((one: { text: string }) => one.text)).toEqual(['c', 'd', 'e']);
    await small.close();
  });
});

describe('the door', () => {
  const ask = (host: string, path = '/playground/api/messages') =>
    new Promise<number>((resolve, reject) => {
      const { port } = new URL(slack.origin);
      const asked = request({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      asked.on('error', reject).end();
    });

  test('a name that somebody pointed at this machine is not answered', async () => {
    expect(await ask('evil.example')).toBe(401);
    expect(await ask('127.0.0.1.evil.example:3000', '/')).toBe(401);
    expect(await ask('localhost:3000')).toBe(200);
    expect(await ask('[::1]:3000')).toBe(200);
  });

  test('a form of another page cannot say anything', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await slack.post('/playground/api/say', 'channel=incidents&user=alex&text=x', form)).status).toBe(415);
    expect((await slack.post('/playground/api/say', '{"text":', {})).status).toBe(400);
    expect((await slack.post('/playground/api/say', `"${'x'.repeat(300_000)}"`, {})).status).toBe(413);
  });

  test('the page allows nothing from elsewhere', async () => {
    const policy = (await slack.get('/')).headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect((await slack.get('/playground/assets/..%2fpage.ts')).status).toBe(404);
  });

  test('a socket opens with a fresh ticket, once', async () => {
    const { url } = (await slack.api('apps.connections.open', {}, slack.playground.appToken)).body;
    const open = (address: string) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(address);
        socket.addEventListener('message', (event) => {
          resolve(JSON.parse(event.data).type);
          socket.close();
        });
        socket.addEventListener('error', () => resolve('refused'));
      });
    expect(await open(url)).toBe('hello');
    expect(await open(url)).toBe('refused');
    expect(await open(url.replace(/ticket=[^&]+/, 'ticket=guess'))).toBe('refused');
  });
});
