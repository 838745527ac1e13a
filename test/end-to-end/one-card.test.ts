import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recordingAt, sendSpans } from '../otlp.ts';
import { type RunningBot, sendPagerDuty, eventually as soon, startBot } from './running-bot.ts';
import { type CardMessage, isComplete, messagesIn } from './town.ts';

const MINUTE = 60_000;
/** Whole programs on a busy machine. */
const eventually = <Value>(what: string, ask: () => Promise<Value | undefined>) => soon(what, ask, MINUTE);
const recording = (name: string) =>
  ['normal', 'abnormal'].map((part) => `test/fixtures/shop/${name}.${part}.otlp.json.gz`);

let bot: RunningBot;
let played = 0;
beforeEach(async () => {
  bot = await startBot();
});
afterEach(() => bot.kill('SIGTERM'));

describe('one card a cause', { timeout: 240_000 }, () => {
  test('an alert that fires still is a counter on its card', async () => {
    await trouble('auth-cascade');
    await fire({ incident: 'P-1', service: 'Gateway' });
    await complete();
    for (const _ of [1, 2, 3]) await fire({ incident: 'P-1', service: 'Gateway' });
    await eventually('the counter', async () => said((await cards())[0]).includes('fired again 3 times') || undefined);
    expect(await cards()).toHaveLength(1);
  });

  test('two alerts of one cause share a card, which names the other', async () => {
    await trouble('auth-cascade');
    await fire({ incident: 'P-1', service: 'Gateway', title: 'Gateway 5xx' });
    await fire({ incident: 'P-2', service: 'Order service', title: 'Orders fail' });
    const card = await eventually('both on one card', async () =>
      (await cards()).find((message) => isComplete(message) && said(message).includes('Also woke: 1 alert')),
    );
    expect(said(card)).toMatch(/Gateway 5xx|Orders fail/);
    await quiet();
    expect(await cards()).toHaveLength(1);
  });

  test('a storm of fifty alerts over five services is one full card, and every alert is counted', async () => {
    await trouble('auth-cascade');
    const services = ['Gateway', 'Order service', 'Auth', 'Payment', 'Inventory'];
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        fire({ incident: `P-${index}`, service: services[index % 5] ?? '', title: `Errors of ${services[index % 5]}` }),
      ),
    );
    const card = await eventually('all on one card', async () =>
      (await cards()).find((message) => said(message).includes('Also woke: 49 alerts')),
    );
    expect(isComplete(card)).toBe(true);
    await quiet();
    expect((await cards()).map(({ text }) => text)).toEqual([card.text]);
  });

  test('who comes and goes is damped, and the card says so', async () => {
    await trouble('auth-cascade');
    const start = Date.now() - 4 * MINUTE;
    for (const cycle of [0, 1, 2, 3, 4]) {
      const at = new Date(start + cycle * 40_000);
      await fire({ incident: 'P-1', service: 'Gateway', at });
      if (cycle === 0) await complete();
      const ended = new Date(at.getTime() + 20_000);
      await fire({ incident: 'P-1', service: 'Gateway', type: 'incident.resolved', at: ended });
    }
    await eventually(
      'the flapping',
      async () => said((await cards())[0]).includes('flapping: 5 times in') || undefined,
    );
    await quiet();
    const [card, ...others] = await cards();
    expect(others).toEqual([]);
    expect(said(card)).toContain('2 min 40 s');
    expect(repliesAbout(card, 'another')).toEqual([]);
  });

  test.each([
    ['hours', 3 * 60 * MINUTE],
    ['minutes', 4 * MINUTE],
  ])('what comes back as something else after %s says so, once, in the same thread', async (_, apart) => {
    const before = Date.now() - apart;
    await trouble('auth-cascade', before);
    await fire({ incident: 'P-1', service: 'Gateway', at: new Date(before) });
    const first = await complete();
    expect(first.text).toContain('auth');
    await fire({ incident: 'P-1', type: 'incident.resolved', at: new Date(before + MINUTE) });
    await trouble('tls-retry');
    await fire({ incident: 'P-1', service: 'Gateway', type: 'incident.reopened', at: new Date(Date.now() - 1_000) });
    const card = await eventually('another cause', async () =>
      (await cards()).find((message) => isComplete(message) && message.text.includes('paygw')),
    );
    expect(card.ts).toBe(first.ts);
    expect(said(card)).toContain('Last time it was something else');
    const [reply, ...more] = await eventually('the reply', async () => {
      const found = repliesAbout((await cards())[0], 'another');
      return found.length > 0 ? found : undefined;
    });
    expect(more).toEqual([]);
    expect(reply?.text).toMatch(/this time it is something else.*paygw.*auth/s);
    expect(await cards()).toHaveLength(1);
  });

  test('what comes back as the same only counts', async () => {
    const before = Date.now() - 3 * 60 * MINUTE;
    await trouble('auth-cascade', before);
    await fire({ incident: 'P-1', service: 'Gateway', at: new Date(before) });
    await complete();
    await fire({ incident: 'P-1', type: 'incident.resolved', at: new Date(before + MINUTE) });
    await threadEnds();
    const replies = (await cards())[0]?.replies.length;
    await trouble('auth-cascade');
    await fire({ incident: 'P-1', service: 'Gateway', type: 'incident.reopened', at: new Date(Date.now() - 1_000) });
    await eventually('the counter', async () => {
      const [card] = await cards();
      return card !== undefined && isComplete(card) && said(card).includes('fired again 1 time') ? true : undefined;
    });
    await quiet();
    const after = await cards();
    expect(after).toHaveLength(1);
    expect(after[0]?.replies).toHaveLength(replies ?? 0);
  });

  test('a cause that was seen before is known again, with what fixed it then', async () => {
    const before = Date.now() - 3 * 60 * MINUTE;
    await trouble('auth-cascade', before);
    await fire({ incident: 'P-1', service: 'Gateway', at: new Date(before) });
    const first = await complete();
    await fire({ incident: 'P-1', type: 'incident.resolved', at: new Date(before + MINUTE) });
    await say(first.ts, 'fixed by rolling auth back');
    await eventually('the thanks', async () =>
      (await cards())[0]?.replies.find(({ text }) => text.includes('Noted as the fix')),
    );
    await trouble('auth-cascade');
    await fire({ incident: 'P-2', service: 'Gateway', title: 'Again' });
    const second = await eventually('the second card', async () =>
      (await cards()).find((message) => message.ts !== first.ts && isComplete(message)),
    );
    expect(said(second)).toMatch(/Seen before: 1 time/);
    expect(said(second)).toContain('then fixed by: rolling auth back');
    expect(await cards()).toHaveLength(2);
  });
});

async function trouble(name: string, endsAt = Date.now()): Promise<void> {
  const spans = await recordingAt(recording(name), (endsAt - 2_000) * 1_000);
  // The same recording played again is other requests.
  const salt = (played++).toString(16).padStart(2, '0');
  await sendSpans(
    bot.otlp,
    spans.map((span) => ({ ...span, traceId: salt + span.traceId.slice(2) })),
  );
}

async function fire(event: Parameters<typeof sendPagerDuty>[1]): Promise<void> {
  const response = await sendPagerDuty(bot, { at: new Date(Date.now() - 2_000), ...event });
  expect(response.status).toBe(202);
}

async function say(thread: string, text: string): Promise<void> {
  const response = await fetch(`${bot.url}/playground/api/say`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ channel: 'incidents', user: 'U0PLAYER', thread_ts: thread, text }),
  });
  expect(response.status, await response.text()).toBe(200);
}

const cards = () => messagesIn(bot.url);
const complete = () => eventually('the card', async () => (await cards()).find(isComplete));
const said = (message: CardMessage | undefined) => JSON.stringify(message?.blocks ?? []);

function repliesAbout(message: CardMessage | undefined, name: string): readonly CardMessage[] {
  return (message?.replies ?? []).filter(({ metadata }) => metadata?.event_payload.key.includes(`:${name}:`));
}

async function threadEnds(): Promise<void> {
  await eventually(
    'the whole thread',
    async () =>
      (await cards())[0]?.replies.some(({ metadata }) => metadata?.event_payload.key.endsWith(':full-picture')) ||
      undefined,
  );
}

/** Longer than counters wait for more. */
async function quiet(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 4_500));
}
