import { describe, expect, test } from 'vitest';
import { isDoubt, slackCode } from '../../src/slack/failures.ts';
import { CARD, failureOf, overStandIn } from './over-stand-in.ts';
import { ok, refuse, standIn } from './stand-in.ts';

const held = overStandIn();

describe('a post whose answer is lost', () => {
  test.each([
    ['no answer', { hang: true } as const, 'timed-out'],
    ['a server error', { status: 500, body: 'oops' }, 'unreachable'],
    ['a page of a proxy', { body: '<html>busy</html>' }, 'unreachable'],
    ['an answer without a ts', { body: { ok: true } }, 'unreachable'],
    ['an error of Slack itself', { body: { ok: false, error: 'internal_error' } }, 'unreachable'],
  ])('is a doubt and is not tried again: %s', async (_, answer, kind) => {
    held.slack.on('chat.postMessage', () => answer);
    const failure = await failureOf(held.chat.open('C0INCIDENTS', CARD, 'k'));
    expect(failure.kind).toBe(kind);
    expect(isDoubt(failure)).toBe(true);
    expect(failure.retryable).toBe(true);
    expect(held.slack.of('chat.postMessage')).toHaveLength(1);
  });

  test('is a doubt when nobody listens', async () => {
    await held.slack.close();
    expect((await failureOf(held.chat.open('C0INCIDENTS', CARD, 'k'))).kind).toBe('unreachable');
    held.slack = await standIn();
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
    held.slack.on('chat.postMessage', () => refuse(code, more));
    const failure = await failureOf(held.chat.open('C0INCIDENTS', CARD, 'k'));
    expect(failure.kind).toBe(kind);
    expect(failure.hint).toContain(hint);
    expect(isDoubt(failure)).toBe(false);
    expect(slackCode(failure)).toBe(code);
    expect(held.slack.of('chat.postMessage')).toHaveLength(1);
  });

  test('a limit is waited out by this call alone', async () => {
    held.slack.on('chat.postMessage', ({ channel }, nth) =>
      channel === 'C0LIMITED' && nth < 3
        ? { status: 429, headers: { 'retry-after': '1' }, body: { ok: false, error: 'ratelimited' } }
        : ok({ channel, ts: '1.000001', message: {} }),
    );
    const order: string[] = [];
    const limited = held.chat.open('C0LIMITED', CARD, 'a').then(() => order.push('limited'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await held.chat.open('C0FREE0001', CARD, 'b').then(() => order.push('free'));
    await limited;
    expect(order).toEqual(['free', 'limited']);
  });

  test('a limit beyond all patience is handed on with its time', async () => {
    held.slack.on('chat.postMessage', () => ({ status: 429, headers: { 'retry-after': '90' }, body: {} }));
    const failure = await failureOf(held.chat.open('C0INCIDENTS', CARD, 'k'));
    expect(failure).toMatchObject({ kind: 'busy', retryAfter: 90 });
    expect(isDoubt(failure)).toBe(false);
  });
});

test('no line of the log holds the token', () => {
  expect(held.lines.length).toBeGreaterThan(0);
  expect(held.lines.join('\n')).not.toContain('xoxb-');
});
