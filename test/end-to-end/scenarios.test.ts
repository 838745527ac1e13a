import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually, type RunningBot, startBot } from './running-bot.ts';
import { type CardMessage, isComplete, messagesIn } from './town.ts';

/** The shop's five incidents, each from the click to the card, as a person at the playground has it. */
const EXPECTED: readonly { readonly scenario: string; readonly card: readonly RegExp[]; readonly thread: RegExp }[] = [
  { scenario: 'auth-cascade', card: [/^Cause: auth does not answer/, /Made worse/, /\d\.\d×/], thread: /auth/ },
  {
    scenario: 'tls-retry',
    card: [/^Cause: TLS handshakes .* payment → paygw/, /\d TLS handshakes from payment to paygw/],
    thread: /TLS handshake/,
  },
  { scenario: 'write-race', card: [/^Cause: order commits before/, /inventory/], thread: /inventory/ },
  {
    scenario: 'slow-serialisation',
    card: [/^Cause: Every hop got slower/, /service\.version=2/, /gateway/, /inventory/, /order/],
    thread: /service\.version=2/,
  },
  { scenario: 'audit', card: [/^Lineage: /, /orders/, /rows/], thread: /receipts/ },
];

let bot: RunningBot;
beforeAll(async () => {
  bot = await startBot();
});
afterAll(async () => {
  await bot.kill('SIGTERM');
});

describe('from click to card, one incident after the other in one store', () => {
  for (const [index, { scenario, card, thread }] of EXPECTED.entries()) {
    test(scenario, { timeout: 90_000 }, async () => {
      const started = await post(`/playground/api/scenarios/${scenario}`);
      expect(started.status).toBe(200);
      expect(await started.json()).toMatchObject({ incident: expect.stringMatching(/./) });
      expect((await post(`/playground/api/scenarios/${scenario}`)).status).toBe(409);

      const played = await eventually(`the alert of ${scenario}`, async () => {
        const answer = await fetch(`${bot.url}/playground/api/scenarios/${scenario}`);
        const state = z.object({ phase: z.string(), error: z.string().optional() }).parse(await answer.json());
        return ['done', 'failed'].includes(state.phase) ? state : undefined;
      });
      expect(played.error).toBeUndefined();

      const message = await eventually(
        `the card of ${scenario}`,
        async () => {
          const messages = await messagesIn(bot.url);
          const newest = messages[index];
          return newest !== undefined && isComplete(newest) && isFinished(newest) ? newest : undefined;
        },
        60_000,
      );
      const said = textOf(message);
      for (const pattern of card) expect(said).toMatch(pattern);
      expect(message.replies.map(textOf).join('\n')).toMatch(thread);
      expect((await messagesIn(bot.url)).length).toBe(index + 1);
    });
  }

  test('the thread answers what people ask, the picture included', { timeout: 60_000 }, async () => {
    const [card] = await messagesIn(bot.url);
    const ts = card?.ts ?? '';
    for (const [text, expected] of [
      ['how do you know?', /order/],
      ['where did the time go?', /ms|s/],
      ['who is affected?', /requests/],
      ['@Causeway compare with a healthy trace', /healthy/],
      ['@Causeway sing me a song', /I can answer/],
    ] as const) {
      const before = (await threadOf(ts)).length;
      expect(
        (await post('/playground/api/say', { channel: 'incidents', thread_ts: ts, user: 'Ada', text })).status,
      ).toBe(200);
      const answer = await eventually(`an answer to "${text}"`, async () =>
        (await threadOf(ts)).slice(before).findLast((reply) => reply.metadata !== undefined),
      );
      expect(textOf(answer), text).toMatch(expected);
    }
  });

  test('a button of the card answers in the thread', { timeout: 30_000 }, async () => {
    const [card] = await messagesIn(bot.url);
    const ts = card?.ts ?? '';
    const before = (await threadOf(ts)).length;
    expect((await post('/playground/api/click', { channel: 'incidents', ts, action_id: 'ask:affected' })).status).toBe(
      200,
    );
    const answer = await eventually('an answer to the click', async () => (await threadOf(ts))[before]);
    expect(textOf(answer)).toMatch(/requests/);
  });

  test('nothing that Slack does not know was sent', async () => {
    const oddities = await (await fetch(`${bot.url}/playground/api/oddities`)).json();
    expect(oddities).toMatchObject({ unknownArguments: [], missingScopes: [], refusals: [] });
  });
});

/** The full picture is the last thing that an investigation says. */
function isFinished(message: CardMessage): boolean {
  return message.replies.some((reply) => reply.metadata?.event_payload.key.endsWith(':full-picture'));
}

async function threadOf(ts: string): Promise<readonly CardMessage[]> {
  return (await messagesIn(bot.url)).find((message) => message.ts === ts)?.replies ?? [];
}

/** Everything that stands in a message, without its mark-up. */
function textOf(message: CardMessage): string {
  const inBlocks = JSON.stringify(message.blocks ?? [])
    .replaceAll('*', '')
    .replaceAll('`', '')
    .replaceAll('\\n', '\n');
  return `${message.text}\n${inBlocks}`;
}

function post(path: string, body: unknown = {}): Promise<Response> {
  return fetch(`${bot.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
