import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { createSlackApp, type SlackOptions } from '../../src/slack/app.ts';
import { boltLogger } from '../../src/slack/bolt-logger.ts';
import { SCOPES } from '../../src/slack/scopes.ts';
import { appMention, eventCallback } from '../fixtures/slack/payloads.ts';
import { keptLog } from './log.ts';
import { type Rig, rig, SECRET } from './rig.ts';
import { BOT, ok, refuse, type StandIn, scopes, signed, standIn, until } from './stand-in.ts';

const THREAD = '1700000000.000001';

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof Failure) return thrown;
  throw new Error(`Expected a Failure, got ${thrown}`);
}

describe('starting', () => {
  let slack: StandIn;
  beforeEach(async () => {
    slack = await standIn();
  });
  afterEach(() => slack.close());

  const options = (more: Partial<SlackOptions> = {}): SlackOptions => ({
    mode: 'socket',
    botToken: 'xoxb-secret-token',
    appToken: 'xapp-secret-token',
    apiUrl: slack.apiUrl,
    log: keptLog().log,
    clock: { now: () => 0 },
    intake: { alert: () => Promise.reject(new Error()), ask: () => Promise.reject(new Error()) },
    questions: { answer: async () => 'answered' },
    ...more,
  });

  test('with a bad bot token fails with what to do', async () => {
    slack.on('auth.test', () => refuse('invalid_auth'));
    const failure = await failureOf(createSlackApp(options()));
    expect(failure.kind).toBe('unauthorized');
    expect(failure.hint).toContain('SLACK_BOT_TOKEN');
  });

  test('with a bad app token fails with what to do', async () => {
    slack.on('apps.connections.open', () => refuse('invalid_auth'));
    const app = await createSlackApp(options());
    expect((await failureOf(app.start())).kind).toBe('unauthorized');
    await app.stop(0);
  });

  test('where Slack cannot be reached fails', async () => {
    const apiUrl = 'http://127.0.0.1:9/api/';
    expect((await failureOf(createSlackApp(options({ apiUrl })))).kind).toBe('unreachable');
  });

  test('without the secret of its mode names the variable', async () => {
    const socket = options();
    expect((await failureOf(createSlackApp({ ...socket, appToken: '' }))).hint).toContain('SLACK_APP_TOKEN');
    expect((await failureOf(createSlackApp({ ...socket, mode: 'http' }))).hint).toContain('SLACK_SIGNING_SECRET');
  });

  test('asks who it is once and sends its token in the header only', async () => {
    const app = await createSlackApp(options());
    await app.start();
    expect(slack.of('auth.test')).toHaveLength(1);
    expect(JSON.stringify(slack.calls)).not.toContain('secret-token');
    await app.stop(0);
  });

  test('check names the scopes that are missing', async () => {
    const app = await createSlackApp(options());
    const identity = ok({ user_id: BOT, team: 'Acme' });
    slack.on('auth.test', () => ({ ...identity, headers: scopes(SCOPES) }));
    expect(await app.check(AbortSignal.timeout(5_000))).toEqual({ ok: true, detail: 'Slack workspace Acme' });
    slack.on('auth.test', () => ({ ...identity, headers: scopes(SCOPES.filter((scope) => scope !== 'files:read')) }));
    expect(await app.check(AbortSignal.timeout(5_000))).toMatchObject({
      ok: false,
      detail: 'The bot lacks files:read.',
    });
    slack.on('auth.test', () => refuse('token_revoked'));
    expect(await app.check(AbortSignal.timeout(5_000))).toMatchObject({ ok: false });
    slack.on('auth.test', () => ({ hang: true }));
    await expect(app.check(AbortSignal.timeout(50))).rejects.toThrow(/timeout/);
  });
});

describe('HTTP mode', () => {
  let bot: Rig;
  beforeEach(async () => {
    bot = await rig('http');
  });
  afterEach(() => bot.close());

  const json = { 'content-type': 'application/json' };
  const mention = JSON.stringify(eventCallback(appMention('who?', { thread_ts: THREAD })));
  const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1_000) - seconds;

  test.each([
    ['no signature', () => ({})],
    ['another secret', () => signed('another-secret', mention)],
    ['a signature of another body', () => signed(SECRET, `${mention} `)],
    ['a timestamp of six minutes ago', () => signed(SECRET, mention, secondsAgo(360))],
    ['a timestamp that is none', () => ({ ...signed(SECRET, mention), 'x-slack-request-timestamp': 'soon' })],
    ['a signature that is no hex', () => ({ ...signed(SECRET, mention), 'x-slack-signature': 'v0=' })],
  ])('refuses %s', async (_, headers) => {
    const response = await bot.post(mention, { ...json, ...headers() });
    expect(response.status).toBe(401);
    expect(bot.questions).toEqual([]);
  });

  test('takes the same request when it is signed', async () => {
    expect((await bot.post(mention, { ...json, ...signed(SECRET, mention) })).status).toBe(200);
    await until('it is asked', () => bot.questions.length === 1);
  });

  test('answers the verification of its address', async () => {
    const body = JSON.stringify({ type: 'url_verification', token: 'x', challenge: 'c-123' });
    const response = await bot.post(body, { ...json, ...signed(SECRET, body) });
    expect(await response.json()).toEqual({ challenge: 'c-123' });
  });

  test('refuses what is malformed or too large', async () => {
    const half = '{"type":"event_callback",';
    expect((await bot.post(half, { ...json, ...signed(SECRET, half) })).status).toBe(400);
    const large = JSON.stringify({ padding: 'x'.repeat(1_100_000) });
    expect((await bot.post(large, { ...json, ...signed(SECRET, large) })).status).toBe(413);
  });

  test('serves nothing but the path of events', () => {
    expect(bot.app.routes.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /slack/events']);
  });
});

describe('Socket Mode', () => {
  let bot: Rig;
  beforeEach(async () => {
    bot = await rig('socket');
  });
  afterEach(() => bot.close());

  const worksAgain = async () => {
    await until('a socket is open', () => bot.slack.sockets.size === 1);
    const before = bot.questions.length;
    await bot.deliver('events_api', eventCallback(appMention('again?', { thread_ts: THREAD })));
    await until('it is asked', () => bot.questions.length === before + 1);
  };

  test('opens no port of its own', () => {
    expect(bot.app.routes).toEqual([]);
  });

  test('comes back when the connection breaks', async () => {
    const [socket] = bot.slack.sockets;
    socket?.terminate();
    await until('the old socket is gone', () => !bot.slack.sockets.has(socket!));
    await worksAgain();
  });

  test('comes back at once when Slack moves the socket', async () => {
    const [socket] = bot.slack.sockets;
    socket?.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' }));
    await until('the old socket is gone', () => !bot.slack.sockets.has(socket!));
    await worksAgain();
    expect(bot.slack.of('apps.connections.open')).toHaveLength(2);
  });

  test('lives through being refused while it comes back', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const [socket] = bot.slack.sockets;
    const open = bot.slack.of('apps.connections.open').length;
    const url = `${bot.slack.apiUrl.replace('http', 'ws').replace('/api/', '/socket')}`;
    bot.slack.on('apps.connections.open', (_, nth) => (nth === open + 1 ? refuse('token_revoked') : ok({ url })));
    socket?.terminate();
    await until('the old socket is gone', () => !bot.slack.sockets.has(socket!));
    await worksAgain();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    expect(bot.lines.some((line) => line.includes('revoked'))).toBe(true);
  });

  test('lives through messages that make no sense', async () => {
    const [socket] = bot.slack.sockets;
    for (const message of [
      'no json',
      '{"type":"events_api","envelope_id":"e1","payload":{"type":"app_rate_limited","minute_rate_limited":1}}',
      '{"type":"events_api","envelope_id":"e2"}',
      '{"type":"interactive","envelope_id":"e3","payload":null}',
      'null',
    ]) {
      socket?.send(message);
    }
    await worksAgain();
  });
});

describe('boltLogger', () => {
  test('passes warnings without secrets and no payloads', () => {
    const { log, lines } = keptLog();
    const logger = boltLogger(log);
    logger.debug('payload', { text: 'private' });
    logger.info('connected');
    logger.warn(
      'bad token xoxb-1234-abc at wss://w.example/link/?ticket=abc123&app_id=A1',
      new Error('xapp-1-A-2-f00'),
    );
    expect(lines).toEqual([
      JSON.stringify({
        level: 'warn',
        part: 'slack',
        message: 'bad token [redacted] at wss://w.example/link/?[redacted]&[redacted] [redacted]',
      }),
    ]);
  });
});
