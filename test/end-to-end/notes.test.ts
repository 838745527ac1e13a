import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type StrictPagerDuty, strictPagerDuty } from '../notes/strict-pagerduty.ts';
import { ARRIVES, type Fate } from '../notes/strict-server.ts';
import { recordingAt, sendSpans } from '../otlp.ts';
import { eventually, type RunningBot, sendPagerDuty, startBot } from './running-bot.ts';
import { isComplete, startTown } from './town.ts';

const RECORDING = ['normal', 'abnormal'].map((part) => `test/fixtures/shop/auth-cascade.${part}.otlp.json.gz`);
const INCIDENT = 'QNOTEBACK1';
const alerts = [
  {
    id: 'A1',
    status: 'triggered',
    severity: 'critical',
    body: { details: { service: 'gateway', runbook: 'https://wiki.example.com/runbooks/gateway' } },
  },
];

let town: Awaited<ReturnType<typeof startTown>>;
let rest: StrictPagerDuty;
let bot: RunningBot;
let environment: Readonly<Record<string, string>>;
beforeEach(async () => {
  town = await startTown();
  rest = await strictPagerDuty({
    token: 'pd-token',
    users: ['causeway@example.com'],
    incidents: { [INCIDENT]: { incident: { urgency: 'high' }, alerts } },
  });
  environment = {
    ...town.environment,
    PAGERDUTY_API_TOKEN: 'pd-token',
    PAGERDUTY_FROM: 'causeway@example.com',
    PAGERDUTY_API_URL: rest.url,
  };
  bot = await startBot(environment);
});
afterEach(async () => {
  await bot.kill();
  await town.close();
  await rest.close();
});

describe('a signed webhook ends in one note on the incident', { timeout: 90_000 }, () => {
  test('with the verdict, its counts and the address of the thread; the alerts of the incident reach the card', async () => {
    const webhooks: number[] = [];
    // As PagerDuty does: our own note comes back as a webhook.
    rest.onNote(async (incident, content) => {
      const type = 'incident.annotated';
      webhooks.push((await sendPagerDuty(bot, { incident, type, note: content })).status);
    });
    await incident();
    const [note = ''] = await notes();
    const card = await eventually('the card', async () => (await town.messages()).find(isComplete));
    expect(note.split('\n')).toEqual([
      expect.stringMatching(/^Causeway: (Cause|Suspect): .*auth/),
      expect.stringMatching(/^\d+ of \d+ .*affected/),
      ...note
        .split('\n')
        .slice(2, -2)
        .map(() => expect.stringMatching(/^(- |Next: |Confidence: )/)),
      expect.stringMatching(/^Thread: http/),
      expect.stringMatching(/^\[causeway [0-9a-f]{12}\]$/),
    ]);
    expect(note.length).toBeLessThanOrEqual(1_200);
    expect(JSON.stringify(card)).toContain('https://wiki.example.com/runbooks/gateway');
    await quiet();
    expect(webhooks).toEqual([200]);
    expect(rest.notes(INCIDENT)).toEqual([note]);
    expect(await town.messages()).toHaveLength(1);
    for (const secret of ['pd-token', 'causeway@example.com']) expect(bot.output()).not.toContain(secret);
  });

  test('kill -9 between the verdict and the note', async () => {
    await dieAt({ kind: 'lost on the way there' });
    await comeBack();
    expect(await notes()).toHaveLength(1);
  });

  test('kill -9 when PagerDuty has taken the note in and its answer is lost', async () => {
    await dieAt({ kind: 'answer lost' });
    expect(rest.notes(INCIDENT)).toHaveLength(1);
    await comeBack();
    await eventually('the doubt to be settled', async () => asked('GET', 'notes') > 0 || undefined);
    await quiet();
    expect(rest.notes(INCIDENT)).toHaveLength(1);
  });

  test('a PagerDuty that fails costs the card a caveat and the note some time, and the verdict nothing', async () => {
    rest.decide(() => ({ kind: 'refused', status: 503 }));
    await incident();
    const card = await eventually('the card', async () => (await town.messages()).find(isComplete), 45_000);
    expect(JSON.stringify(card.blocks)).toContain('The alerts of the incident were not read');
    expect(rest.notes(INCIDENT)).toEqual([]);
    rest.decide(() => ARRIVES);
    expect(await notes()).toHaveLength(1);
  });

  test('a PagerDuty that has had too many requests gets it when it said', async () => {
    let refused = 0;
    rest.decide(({ method }) => {
      if (method !== 'POST' || refused > 0) return ARRIVES;
      refused += 1;
      return { kind: 'refused', status: 429, headers: { 'ratelimit-reset': '3', 'ratelimit-remaining': '0' } };
    });
    await incident();
    expect(await notes()).toHaveLength(1);
    expect(refused).toBe(1);
  });
});

async function incident(): Promise<void> {
  const now = Date.now() * 1_000;
  await sendSpans(bot.otlp, await recordingAt(RECORDING, now - 2_000_000));
  const at = new Date(Date.now() - 2_000);
  const response = await sendPagerDuty(bot, { incident: INCIDENT, service: 'Gateway', title: 'Checkout errors', at });
  expect(response.status).toBe(202);
}

/** Kills the bot at the moment when it writes its note. */
async function dieAt(fate: Extract<Fate, { kind: 'lost on the way there' | 'answer lost' }>): Promise<void> {
  const struck = new Promise<void>((resolve) => {
    const strike = () => bot.kill().then(() => resolve());
    let once = false;
    rest.decide(({ method }) => {
      if (method !== 'POST' || once) return ARRIVES;
      once = true;
      if (fate.kind === 'answer lost') return { kind: 'answer lost', strike };
      void strike();
      return fate;
    });
  });
  await incident();
  await struck;
}

async function comeBack(): Promise<void> {
  rest.decide(() => ARRIVES);
  bot = await startBot(environment, bot.data);
}

async function notes(): Promise<readonly string[]> {
  return eventually(
    'the note',
    async () => (rest.notes(INCIDENT).length > 0 ? rest.notes(INCIDENT) : undefined),
    45_000,
  );
}

function asked(method: string, what: string): number {
  return rest.requests.filter((request) => request.method === method && request.path.endsWith(`/${what}`)).length;
}

/** What was lost would be tried again within seconds. */
async function quiet(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 3_000));
}
