import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type Finding, runChecks } from '../../src/doctor/check.ts';
import { channelsCheck, eventsCheck, slackCalls, tokenCheck } from '../../src/doctor/slack-checks.ts';
import { boltLogger } from '../../src/slack/bolt-logger.ts';
import { serve as answer, type Running } from '../backends/exchange.ts';
import { type Served, serve } from '../playground/serve.ts';
import { keptLog } from '../slack/log.ts';

const MANIFEST = 'manifest.yml';
const { signal } = new AbortController();

let served: Served | undefined;
let stranger: Running | undefined;
afterEach(async () => {
  await served?.close();
  await stranger?.close();
  served = undefined;
  stranger = undefined;
});

/** The playground is a strict Slack: it knows tokens, scopes and members. */
async function callsTo(options: { readonly manifest?: string; readonly bot?: string; readonly app?: string } = {}) {
  served = await serve({ manifest: options.manifest ?? MANIFEST });
  const { botToken, appToken, slackApiPath } = served.playground;
  return slackCalls(
    {
      kind: 'slack',
      mode: 'socket',
      botToken: options.bot ?? botToken,
      appToken: options.app ?? appToken,
      apiUrl: `${served.origin}${slackApiPath}`,
    },
    boltLogger(keptLog().log),
  );
}

async function look(...checks: Parameters<typeof runChecks>[0]): Promise<readonly Finding[]> {
  return runChecks(checks, signal);
}

describe('tokens and scopes', () => {
  test('all is well with our manifest', async () => {
    const calls = await callsTo();
    const findings = await look(tokenCheck(calls), eventsCheck(calls));
    expect(findings.map(({ name, status }) => [name, status])).toEqual([
      ['Slack token', 'ok'],
      ['Slack scopes', 'ok'],
      ['Slack events', 'ok'],
    ]);
  });

  test('a scope that the installed app lacks is named', async () => {
    const manifest = join(mkdtempSync(join(tmpdir(), 'causeway-manifest-')), 'manifest.yml');
    writeFileSync(manifest, readFileSync(MANIFEST, 'utf8').replace(/^ +- (files:write|groups:read)\n/gm, ''));
    const findings = await look(tokenCheck(await callsTo({ manifest })));
    expect(findings[1]).toMatchObject({
      status: 'failed',
      detail: 'The token lacks files:write, groups:read.',
      hint: expect.stringContaining('manifest.yml'),
    });
  });

  test('a wrong bot token fails, and is not printed', async () => {
    const findings = await look(tokenCheck(await callsTo({ bot: 'xoxb-0-very-secret' })));
    expect(findings).toMatchObject([
      { name: 'Slack token', status: 'failed', hint: expect.stringContaining('SLACK_BOT_TOKEN') },
    ]);
    expect(JSON.stringify(findings)).not.toContain('very-secret');
  });

  test('a wrong app token is told apart', async () => {
    const calls = await callsTo({ app: 'xapp-0-very-secret' });
    const findings = await look(tokenCheck(calls), eventsCheck(calls));
    expect(findings[0]?.status).toBe('ok');
    expect(findings[2]).toMatchObject({ status: 'failed', detail: expect.stringContaining('SLACK_APP_TOKEN') });
    expect(JSON.stringify(findings)).not.toContain('very-secret');
  });

  test.each([
    ['a web page', (body: string) => ({ type: 'text/html', body: `<html>${body}</html>`, status: 200 })],
    ['status 500', () => ({ type: 'text/plain', body: 'boom', status: 500 })],
    ['nothing sensible', () => ({ type: 'application/json', body: '{"hello":1}', status: 200 })],
  ])('a server that answers with %s is no Slack', async (_, made) => {
    const { type, body, status } = made('Sign in');
    stranger = await answer((_request, response) => {
      response.writeHead(status, { 'content-type': type });
      response.end(body);
    });
    const access = {
      kind: 'slack',
      mode: 'http',
      botToken: 'xoxb-1',
      signingSecret: 's',
      apiUrl: `${stranger.url}/`,
    } as const;
    const findings = await look(tokenCheck(slackCalls(access, boltLogger(keptLog().log))));
    expect(findings[0]).toMatchObject({ name: 'Slack token', status: 'failed', hint: expect.stringMatching(/./) });
  });
});

describe('channels', () => {
  test('each that the configuration names is looked for once, with or without #', async () => {
    const calls = await callsTo();
    const listed = await served?.api('conversations.list');
    const [first] = listed?.body.channels ?? [];
    const findings = await look(channelsCheck(calls, [first.name, `#${first.name}`, 'no-such-channel']));
    expect(findings).toMatchObject([
      { name: `#${first.name}`, status: 'ok' },
      { name: '#no-such-channel', status: 'failed', hint: expect.stringContaining('invite') },
    ]);
  });

  const INFO = {
    'a member': [{ is_member: true, is_private: true }, 'ok', /is a member/],
    'a public one it is not in': [{ is_member: false, is_private: false }, 'ok', /joins/],
    'a private one it is not in': [{ is_member: false, is_private: true }, 'failed', /not a member/],
    'an archived one': [{ is_member: true, is_archived: true }, 'failed', /archived/],
  } as const;
  test.each(Object.entries(INFO))('%s', async (_, [info, status, said]) => {
    stranger = await answer((request, response) => {
      const known = request.url?.endsWith('conversations.info') === true;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ ok: true, ...(known ? { channel: { id: 'C0123', name: 'x', ...info } } : { channels: [] }) }),
      );
    });
    const access = {
      kind: 'slack',
      mode: 'http',
      botToken: 'xoxb-1',
      signingSecret: 's',
      apiUrl: `${stranger.url}/`,
    } as const;
    const [finding] = await look(channelsCheck(slackCalls(access, boltLogger(keptLog().log)), ['C0123']));
    expect(finding).toMatchObject({ status, detail: expect.stringMatching(said) });
  });
});
