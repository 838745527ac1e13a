import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PNG, type Served, serve, until } from './serve.ts';

let slack: Served;
let app: App;

beforeEach(async () => {
  slack = await serve({ ackTimeoutMs: 1_000, redeliverAfterMs: [50, 50] });
  const clientOptions = {
    slackApiUrl: slack.origin + slack.playground.slackApiPath,
    retryConfig: { retries: 0 },
    timeout: 5_000,
  };
  const receiver = new SocketModeReceiver({
    appToken: slack.playground.appToken,
    logLevel: LogLevel.ERROR,
    clientPingTimeout: 200,
    installerOptions: { clientOptions },
  });
  app = new App({
    token: slack.playground.botToken,
    receiver,
    clientOptions,
    logLevel: LogLevel.ERROR,
    deferInitialization: true,
  });
});

afterEach(async () => {
  await app.stop();
  await slack.close();
});

async function begin() {
  await app.init();
  await app.start();
}

const say = (saying: Record<string, unknown>) => slack.post('/playground/api/say', { user: 'alex', ...saying });
const read = async (channel = 'incidents') => (await slack.get(`/playground/api/messages?channel=${channel}`)).body;

test('an unmodified app connects, posts by channel name, and edits in place', async () => {
  await begin();
  const posted = await app.client.chat.postMessage({
    channel: 'incidents',
    text: 'Looking at checkout…',
    metadata: { event_type: 'card', event_payload: { key: 'a1' } },
  });
  await app.client.chat.update({ channel: posted.channel!, ts: posted.ts!, text: 'Cause: auth' });
  const { messages } = await read();
  expect(messages).toHaveLength(1);
  expect(messages[0]).toMatchObject({
    type: 'message',
    ts: posted.ts,
    text: 'Cause: auth',
    bot_id: expect.stringMatching(/^B/),
    edited: { user: expect.stringMatching(/^U/) },
    metadata: { event_type: 'card', event_payload: { key: 'a1' } },
    replies: [],
    files: [],
  });
});

test('a slash command is acknowledged, and what the app answers is for one person only', async () => {
  app.command('/trace', async ({ ack, command, respond, body }) => {
    await ack(`Looking for ${command.text}`);
    await respond({ text: `Found ${body.user_name}`, response_type: 'in_channel' });
  });
  await begin();
  const said = await say({ channel: 'incidents', text: '/trace 4bf92f <x>' });
  expect(said).toMatchObject({ status: 200, body: { ok: true, command: '/trace' } });
  await until(async () => (await read()).messages.length === 1);
  const { messages, ephemeral } = await read();
  expect(ephemeral.map((one: { text: string }) => one.text)).toEqual(['Looking for 4bf92f &lt;x&gt;']);
  expect(messages[0].text).toBe('Found alex');
});

test('a mention comes as app_mention and as message, with event ids of their own', async () => {
  const heard: { type: string; id: string; text: string; ts: string }[] = [];
  app.event('app_mention', async ({ event, body }) => {
    heard.push({ type: 'app_mention', id: body.event_id, text: event.text, ts: event.ts });
  });
  app.message(async ({ message, body }) => {
    if (message.subtype === undefined) {
      heard.push({ type: 'message', id: body.event_id, text: message.text ?? '', ts: message.ts });
    }
  });
  await begin();
  const { body } = await say({
    channel: 'incidents',
    user: 'Priya Nair',
    text: '@Causeway who is affected in #payments?',
  });
  await until(() => heard.length === 2);
  expect(heard.map((one) => one.type).toSorted()).toEqual(['app_mention', 'message']);
  expect(new Set(heard.map((one) => one.id)).size).toBe(2);
  expect(new Set(heard.map((one) => one.ts))).toEqual(new Set([body.ts]));
  expect(heard[0]!.text).toMatch(/^<@U\w+> who is affected in <#C\w+\|payments>\?$/);
});

test('a reply in a thread reaches the app with its thread, and the answer hangs below it', async () => {
  app.message(async ({ message, say: answer }) => {
    if (message.subtype === undefined && message.thread_ts !== undefined) {
      await answer({ text: 'Three shops.', thread_ts: message.thread_ts });
    }
  });
  await begin();
  const { ts } = await app.client.chat.postMessage({ channel: 'incidents', text: 'Card' });
  await say({ channel: 'incidents', thread_ts: ts, text: 'who is affected?' });
  await until(async () => (await read()).messages[0].reply_count === 2);
  const [card] = (await read()).messages;
  expect(card).toMatchObject({ thread_ts: ts, reply_count: 2, reply_users_count: 2 });
  expect(card.replies.map((one: { text: string }) => one.text)).toEqual(['who is affected?', 'Three shops.']);
  expect(card.replies[1]).toMatchObject({ thread_ts: ts, parent_user_id: card.user });
  expect(card.latest_reply).toBe(card.replies[1].ts);
});

test('the client uploads a picture into a thread; it appears after the call, not with it', async () => {
  await begin();
  const { channel, ts } = await app.client.chat.postMessage({ channel: 'incidents', text: 'Card' });
  await app.client.filesUploadV2({
    channel_id: channel!,
    thread_ts: ts!,
    file: PNG,
    filename: 'trace.png',
    initial_comment: 'The slowest trace',
    alt_text: 'a waterfall',
  });
  expect((await read()).messages[0].replies).toEqual([]);
  await until(async () => (await read()).messages[0].replies.length === 1);
  const [reply] = (await read()).messages[0].replies;
  expect(reply).toMatchObject({ subtype: 'file_share', text: 'The slowest trace' });
  expect(reply.files[0]).toMatchObject({ name: 'trace.png', mimetype: 'image/png', size: PNG.length });
  const bytes = await (await fetch(reply.files[0].url_private)).arrayBuffer();
  expect(Buffer.from(bytes)).toEqual(PNG);
  // The client's `alt_text` is not Slack's `alt_txt`: nobody is told, the alt text is gone.
  expect(slack.playground.oddities().unknownArguments).toEqual([
    { method: 'files.getUploadURLExternal', argument: 'alt_text', count: 1 },
  ]);
});

test('a click reaches the app with the message, the value and a way to answer', async () => {
  const clicks: unknown[] = [];
  app.action('compare', async ({ ack, action, body, respond }) => {
    await ack();
    clicks.push({ action, body });
    await respond({ text: 'Compared', replace_original: true });
  });
  await begin();
  const { channel, ts } = await app.client.chat.postMessage({
    channel: 'incidents',
    text: 'Card',
    blocks: [
      {
        type: 'actions',
        elements: [
          { type: 'button', action_id: 'compare', value: 'i-1', text: { type: 'plain_text', text: 'Compare' } },
        ],
      },
    ],
  });
  const clicked = await slack.post('/playground/api/click', { channel: 'incidents', ts, action_id: 'compare' });
  expect(clicked).toMatchObject({ status: 200, body: { ok: true } });
  await until(async () => (await read()).messages[0].text === 'Compared');
  expect(clicks[0]).toMatchObject({
    action: { type: 'button', action_id: 'compare', value: 'i-1', block_id: expect.any(String) },
    body: {
      type: 'block_actions',
      container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false },
      channel: { id: channel, name: 'incidents' },
      message: { ts, text: 'Card' },
      state: { values: {} },
      response_url: expect.stringContaining('/playground/slack/respond/'),
    },
  });
});

test('an event that is not acknowledged comes again and says so; an acknowledged one does not', async () => {
  const seen: { id: string; retry: number | undefined }[] = [];
  const socket = Reflect.get(Reflect.get(app, 'receiver'), 'client');
  socket.on('message', async (envelope: { ack(): Promise<void>; retry_num: number; body: { event_id: string } }) => {
    seen.push({ id: envelope.body.event_id, retry: envelope.retry_num });
  });
  // Bolt acknowledges events by itself: the app is held back so that only the listener above hears.
  socket.removeAllListeners('slack_event');
  await begin();
  await say({ channel: 'incidents', text: 'hello' });
  await until(() => seen.length === 3);
  expect(seen.map((one) => one.retry)).toEqual([0, 1, 2]);
  expect(new Set(seen.map((one) => one.id)).size).toBe(1);
});

test('a command that nobody acknowledges tells the person what Slack would tell', async () => {
  app.command('/trace', async () => {});
  await begin();
  const said = await say({ channel: 'incidents', text: '/trace abc' });
  expect(said.status).toBe(504);
  expect(said.body.error).toContain('operation_timeout');
  expect((await read()).ephemeral[0].text).toBe('/trace failed with the error "operation_timeout"');
});

test('after a request to reconnect nothing is lost', async () => {
  const heard: string[] = [];
  app.message(async ({ message }) => {
    if (message.subtype === undefined) heard.push(message.text ?? '');
  });
  await begin();
  slack.playground.refreshSockets();
  await say({ channel: 'incidents', text: 'said while nobody listens' });
  await until(() => heard.length === 1);
  expect(heard).toEqual(['said while nobody listens']);
});
