import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createNoteBack } from '../../src/investigation/note-back.ts';
import type { Mechanism } from '../../src/model/finding.ts';
import type { Answered } from '../../src/model/investigation.ts';
import type { Message } from '../../src/model/message.ts';
import { isOwnNote } from '../../src/model/note.ts';
import type { IncidentNotes } from '../../src/ports/incident-notes.ts';
import { makeNotes } from '../notes/make-notes.ts';
import { type StrictPagerDuty, strictPagerDuty } from '../notes/strict-pagerduty.ts';
import { ARRIVES, type Fate } from '../notes/strict-server.ts';
import { answered, CANNOT_TELL, CASCADE, testWords } from '../render/speaking.ts';
import { embeddedParts, quiet } from './parts.ts';

const token = 'pd-secret-token';
const from = 'causeway@example.com';
const attempt = { number: 1, last: false, signal: new AbortController().signal };
const last = { ...attempt, number: 5, last: true };

let server: StrictPagerDuty;
let parts: ReturnType<typeof embeddedParts>;
let told: { message: Message; key: string }[];
beforeEach(async () => {
  server = await strictPagerDuty({ token, users: [from], incidents: { Q1: {}, Q2: {} } });
  parts = embeddedParts();
  told = [];
});
afterEach(async () => {
  await parts.close();
  await server.close();
});

const pagerduty = () => makeNotes('pagerduty', { token, from, url: server.url });
const back = (places: readonly IncidentNotes[] = [pagerduty()]) =>
  createNoteBack({
    ...parts,
    places,
    words: testWords(),
    log: quiet,
    chat: {
      permalink: async ({ ts }) => `https://acme.slack.com/archives/C1/p${ts}`,
      find: async () => undefined,
      reply: async (thread, message, key) => {
        told.push({ message, key });
        return { ...thread, ts: '2.2' };
      },
    },
  });
const saw = async (mechanism: Mechanism | 'cannot-tell', more: Partial<Answered> = {}) => {
  const [top] = CASCADE.verdict.hypotheses;
  if (top === undefined) throw new Error('no hypothesis');
  const hypotheses = [{ ...top, mechanism: mechanism === 'cannot-tell' ? top.mechanism : mechanism }];
  const verdict = { ...CASCADE.verdict, hypotheses };
  const analysis = mechanism === 'cannot-tell' ? CANNOT_TELL : { ...CASCADE, verdict };
  return parts.store.update('inv-1', () => answered(analysis, more));
};
/** The fate of the next notes that are written, one after the other; later ones arrive. */
const fates = (...list: readonly Fate[]) => {
  const left = [...list];
  server.decide(({ method }) => (method === 'POST' ? (left.shift() ?? ARRIVES) : ARRIVES));
};

/** Runs what was queued. */
async function run(): Promise<void> {
  for (let next = parts.jobs.shift(); next !== undefined; next = parts.jobs.shift())
    if (next.job.kind === 'note') await back().write(next.job, attempt);
}
const firstLines = (incident: string) => server.notes(incident).map((note) => note.split('\n')[0] ?? '');
async function withIncidents(...ids: readonly string[]): Promise<StrictPagerDuty> {
  await server.close();
  return strictPagerDuty({ token, users: [from], incidents: Object.fromEntries(ids.map((id) => [id, {}])) });
}

describe('the note of a verdict', () => {
  test('is written once, however often its job runs', async () => {
    await saw('timeout');
    for (let run = 0; run < 3; run += 1) await back().write({ investigation: 'inv-1', round: 0 }, attempt);
    expect(server.notes('Q1')).toEqual([expect.stringMatching(/^Causeway: Cause: [\s\S]*p1\.1\n\[causeway /)]);
  });

  test('is followed by another when the verdict changed, and by none when only its counts did', async () => {
    await saw('timeout');
    await back().write({ investigation: 'inv-1', round: 0 }, attempt);
    await saw('timeout', { analysis: { ...CASCADE, impact: { ...CASCADE.impact, affected: 12 } } });
    await back().write({ investigation: 'inv-1', round: 0 }, attempt);
    expect(server.notes('Q1')).toHaveLength(1);
    await saw('cannot-tell');
    await back().write({ investigation: 'inv-1', round: 0 }, attempt);
    await saw('timeout');
    await back().write({ investigation: 'inv-1', round: 0 }, attempt);
    expect(server.notes('Q1').map((note) => note.split('\n')[0])).toEqual([
      expect.stringMatching(/^Causeway: Cause:/),
      expect.stringMatching(/^Causeway, another verdict: Cannot tell/),
      expect.stringMatching(/^Causeway, another verdict: Cause:/),
    ]);
  });

  test('that goes to and fro for ever is not followed for ever', async () => {
    for (let turn = 0; turn < 20; turn += 1) {
      await saw(turn % 2 === 0 ? 'timeout' : 'cannot-tell');
      await back().write({ investigation: 'inv-1', round: 0 }, attempt);
    }
    expect(server.notes('Q1')).toHaveLength(5);
  });

  test('is queued only where it may go', async () => {
    const stands = await saw('timeout');
    await back([]).queue(stands);
    await back([makeNotes('opsgenie', { token })]).queue(stands);
    expect(parts.jobs).toEqual([]);
    await back().queue(stands, '00-trace');
    await back().queue(stands);
    expect(parts.jobs.map(({ job }) => job)).toEqual([
      { kind: 'note', investigation: 'inv-1', round: 0, traceparent: '00-trace' },
    ]);
  });

  test('of one that another answers for leads to the card of the other', async () => {
    await parts.store.update('leader', () => answered(CASCADE, { id: 'leader', thread: { channel: 'C1', ts: '9.9' } }));
    await saw('timeout', { follows: 'leader' });
    await back().write({ investigation: 'inv-1', round: 0 }, attempt);
    expect(server.notes('Q1')).toEqual([expect.stringContaining('/archives/C1/p9.9\n')]);
  });

  test('waits for the next verdict while the alert is looked at again', async () => {
    const { id, trigger, channel, openedAt, repeats } = await saw('timeout');
    await parts.store.update('inv-1', () => ({ status: 'opened', id, trigger, channel, openedAt, repeats }));
    await back().write({ investigation: 'inv-1', round: 0 }, attempt);
    await back().write({ investigation: 'inv-gone', round: 0 }, attempt);
    expect(server.requests).toEqual([]);
  });
});

describe('after a doubt', () => {
  test('the place itself is asked, and nothing is written twice', async () => {
    await saw('timeout');
    fates({ kind: 'answer lost' });
    await expect(back().write({ investigation: 'inv-1', round: 0 }, attempt)).rejects.toMatchObject({
      kind: 'unreachable',
    });
    await back().write({ investigation: 'inv-1', round: 0 }, attempt);
    expect(server.notes('Q1')).toHaveLength(1);
  });

  test('about a note that is no longer true, the one that is true follows only if it got through', async () => {
    await saw('timeout');
    fates({ kind: 'lost on the way there' });
    await expect(back().write({ investigation: 'inv-1', round: 0 }, attempt)).rejects.toMatchObject({
      kind: 'unreachable',
    });
    await saw('cannot-tell');
    await back().write({ investigation: 'inv-1', round: 0 }, attempt);
    expect(server.notes('Q1')).toEqual([expect.stringMatching(/^Causeway: Cannot tell/)]);
  });

  test('whatever dies how often, each verdict stands there once and the last one last', async () => {
    const kinds: readonly Fate[] = [ARRIVES, { kind: 'lost on the way there' }, { kind: 'answer lost' }];
    const verdicts = fc.constantFrom('timeout' as const, 'slow-query' as const, 'cannot-tell' as const);
    const steps = fc.array(fc.tuple(verdicts, fc.array(fc.constantFrom(...kinds), { maxLength: 3 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        await parts.close();
        await server.close();
        server = await strictPagerDuty({ token, users: [from], incidents: { Q1: {} } });
        parts = embeddedParts();
        const wanted: string[] = [];
        for (const [verdict, deaths] of given) {
          await saw(verdict);
          fates(...deaths);
          for (let run = 0; run <= deaths.length; run += 1) {
            await back()
              .write({ investigation: 'inv-1', round: 0 }, attempt)
              .catch(() => undefined);
          }
          if (wanted.at(-1) !== verdict) wanted.push(verdict);
        }
        const said = server.notes('Q1').map((note) => {
          if (/Cannot tell/.test(note)) return 'cannot-tell';
          return /quer/.test(note.split('\n')[0] ?? '') ? 'slow-query' : 'timeout';
        });
        expect(said).toEqual(wanted);
        expect(new Set(server.notes('Q1').map((note) => note.split('\n').at(-1))).size).toBe(wanted.length);
      }),
      { numRuns: 25 },
    );
  });
});

describe('a place that does not take the note', () => {
  test('is tried again where that makes sense, as late as it asks for', async () => {
    await saw('timeout');
    fates({ kind: 'refused', status: 429, headers: { 'ratelimit-reset': '40' } });
    await expect(back().write({ investigation: 'inv-1', round: 0 }, attempt)).rejects.toMatchObject({
      kind: 'busy',
      retryAfter: 40,
    });
    expect(told).toEqual([]);
  });

  test('gets another round when all attempts of one were in vain, and the thread hears of it after the last', async () => {
    await saw('timeout');
    const down = Array.from({ length: 4 }, (): Fate => ({ kind: 'refused', status: 503 }));
    fates(...down);
    for (let round = 0; round < 3; round += 1) await back().write({ investigation: 'inv-1', round }, last);
    expect(parts.jobs.map(({ job, delayMs }) => [job, delayMs / 60_000])).toEqual([
      [{ kind: 'note', investigation: 'inv-1', round: 1 }, 10],
      [{ kind: 'note', investigation: 'inv-1', round: 2 }, 60],
      [{ kind: 'note', investigation: 'inv-1', round: 3 }, 360],
    ]);
    expect(told).toEqual([]);
    await back().write({ investigation: 'inv-1', round: 3 }, last);
    expect(told.map(({ message }) => message.summary)).toEqual(['I could not leave a note in PagerDuty.']);
  });

  test('is told in the thread once when it will never take it', async () => {
    await saw('timeout');
    const stranger = makeNotes('pagerduty', { token, from: 'nobody@example.com', url: server.url });
    await back([stranger]).write({ investigation: 'inv-1', round: 0 }, attempt);
    await back([stranger]).write({ investigation: 'inv-1', round: 0 }, attempt);
    expect(told).toHaveLength(1);
    expect(JSON.stringify(told)).toContain('Requester User Not Found');
    expect(JSON.stringify(told)).not.toContain(token);
  });

  test('does not keep the note from another place', async () => {
    await saw('timeout');
    const broken = makeNotes('pagerduty', { token, from, url: 'http://127.0.0.1:9' }, 'broken');
    await expect(
      back([broken, pagerduty()]).write({ investigation: 'inv-1', round: 0 }, attempt),
    ).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(
      back([broken, pagerduty()]).write({ investigation: 'inv-1', round: 0 }, attempt),
    ).rejects.toMatchObject({ kind: 'unreachable' });
    expect(server.notes('Q1')).toHaveLength(1);
  });
});

describe('an incident beside the investigation’s own', () => {
  const other = {
    source: 'pagerduty',
    id: 'Q2',
    title: 'cart: errors',
    url: 'https://example.pagerduty.com/incidents/Q2',
  };
  const alert = { ...other, delivery: 'd', event: 'triggered', occurredAt: 1, startedAt: 1 } as const;
  const full = { ...alert, links: {}, labels: {}, traceIds: [] };
  const job = { investigation: 'inv-1', round: 0, beside: other };

  test('gets the same verdict once, which says whose it is', async () => {
    await back().queueBeside('inv-1', full);
    await back().queueBeside('inv-1', full);
    expect(parts.jobs.map((one) => one.job)).toEqual([{ kind: 'note', ...job }]);
    await saw('timeout');
    for (let run = 0; run < 2; run += 1) await back().write(job, attempt);
    await back().write({ investigation: 'inv-1', round: 0 }, attempt);
    expect(server.notes('Q2')).toEqual([expect.stringMatching(/^Causeway, the same as another alert: Cause:/)]);
    expect(server.notes('Q1')).toEqual([expect.stringMatching(/^Causeway: Cause:/)]);
  });

  test('gets another note when the verdict changes, once, and none when only counts do', async () => {
    await saw('timeout');
    await back().queueBeside('inv-1', full);
    await run();
    await saw('timeout', { analysis: { ...CASCADE, impact: { ...CASCADE.impact, affected: 12 } } });
    for (let look = 0; look < 2; look += 1) await back().queue(await saw('slow-query'));
    await run();
    await back().queue(await saw('slow-query'));
    await run();
    expect(firstLines('Q2')).toEqual([
      expect.stringMatching(/^Causeway, the same as another alert: Cause: /),
      expect.stringMatching(/^Causeway, another verdict: Cause: .*quer/),
    ]);
    expect(firstLines('Q1')).toHaveLength(1);
  });

  test('hears of a verdict that changes while its note is written', async () => {
    await saw('timeout');
    const { write } = pagerduty();
    let isFirst = true;
    const slow: IncidentNotes = {
      ...pagerduty(),
      write: async (...given) => {
        await write(...given);
        if (isFirst) await saw('slow-query');
        isFirst = false;
      },
    };
    await back([slow]).write(job, attempt);
    expect(firstLines('Q2')).toEqual([
      expect.stringMatching(/^Causeway, the same as another alert: /),
      expect.stringMatching(/^Causeway, another verdict: .*quer/),
    ]);
  });

  test('that has a card of its own by now is left to that', async () => {
    await saw('timeout');
    await back().write(job, attempt);
    await parts.store.update('own', () => answered(CASCADE, { id: 'own', trigger: { kind: 'alert', alert: full } }));
    await saw('slow-query');
    await back().write(job, attempt);
    expect(firstLines('Q2')).toHaveLength(1);
  });

  test('whose alert is delivered again is asked for again, unless it is the investigation’s own', async () => {
    await saw('timeout');
    const own = { ...full, id: 'Q1' };
    await back().queueBeside('inv-1', own, 'again');
    await back().queueBeside('inv-gone', full, 'again');
    expect(parts.jobs).toEqual([]);
    await back().queueBeside('inv-1', full, 'again');
    await back().queueBeside('inv-1', full, 'again');
    expect(parts.jobs.map((one) => one.job)).toEqual([{ kind: 'note', ...job }]);
  });

  test('waits for the verdict, but not for ever', async () => {
    const { id, trigger, channel, openedAt, repeats } = await saw('timeout');
    await parts.store.update('inv-1', () => ({ status: 'opened', id, trigger, channel, openedAt, repeats }));
    await expect(back().write(job, attempt)).rejects.toMatchObject({ kind: 'busy', retryAfter: 15 });
    await back().write(job, last);
    await back().write({ ...job, investigation: 'inv-gone' }, attempt);
    expect(server.requests).toEqual([]);
  });

  test('is one of fifty at most', async () => {
    for (let at = 0; at < 60; at += 1) await back().queueBeside('inv-1', { ...full, id: `Q${at}` });
    expect(parts.jobs).toHaveLength(50);
  });

  test('is left alone where nobody takes notes', async () => {
    await back([]).queueBeside('inv-1', full);
    await back().queueBeside('inv-1', { ...full, source: 'grafana' });
    expect(parts.jobs).toEqual([]);
  });
});

describe('one that follows another to the same culprit', () => {
  const other = (mechanism: 'timeout' | 'cannot-tell', more: Partial<Answered> = {}) => {
    const alert = { source: 'pagerduty', id: 'Q2', delivery: 'd', event: 'triggered', title: 'cart: errors' } as const;
    const trigger = {
      kind: 'alert',
      alert: { ...alert, occurredAt: 1, startedAt: 1, links: {}, labels: {}, traceIds: [] },
    } as const;
    const { thread: _, ...given } = answered(mechanism === 'timeout' ? CASCADE : CANNOT_TELL, {
      id: 'two',
      trigger,
      ...more,
    });
    return parts.store.update('two', () => given);
  };

  test('has the other’s note on its incident, which changes with the other’s verdict', async () => {
    await back().queue(await saw('timeout'));
    await back().queue(await other('timeout', { follows: 'inv-1' }));
    await run();
    expect(firstLines('Q2')).toEqual([expect.stringMatching(/^Causeway, the same as another alert: Cause: /)]);
    expect(server.notes('Q2')[0]).toContain('p1.1\n');
    await back().queue(await saw('slow-query'));
    await run();
    expect(firstLines('Q2')[1]).toMatch(/^Causeway, another verdict: Cause: .*quer/);
    expect(firstLines('Q2')).toHaveLength(2);
  });

  test('whose note was written or queued before says nothing twice, and hands on those beside it', async () => {
    server = await withIncidents('Q1', 'Q2', 'Q3');
    await back().queue(await other('timeout'));
    await back().queueBeside('two', { source: 'pagerduty', id: 'Q3', title: 'late' });
    await run();
    await back().queue(await saw('timeout'));
    await run();
    await other('timeout', { follows: 'inv-1' });
    await back().queue(await other('timeout', { follows: 'inv-1' }));
    await run();
    for (const incident of ['Q1', 'Q2', 'Q3']) expect(firstLines(incident)).toHaveLength(1);
    // A job that was queued for it before: the other speaks for it by now.
    await back().write({ investigation: 'two', round: 0 }, attempt);
    await back().queue(await saw('slow-query'));
    await back().write(
      { investigation: 'two', round: 0, beside: { source: 'pagerduty', id: 'Q3', title: 'late' } },
      attempt,
    );
    await run();
    for (const incident of ['Q2', 'Q3']) expect(firstLines(incident)[1]).toMatch(/^Causeway, another verdict: .*quer/);
    for (const incident of ['Q2', 'Q3']) expect(firstLines(incident)).toHaveLength(2);
  });

  test('speaks for itself where its own traces explain nothing, and again once it has a card of its own', async () => {
    await back().queue(await saw('timeout'));
    await back().queue(await other('cannot-tell', { follows: 'inv-1' }));
    await run();
    expect(firstLines('Q2')).toEqual([expect.stringMatching(/^Causeway: Cannot tell/)]);
    await back().queue(await other('timeout', { follows: 'inv-1' }));
    await run();
    await back().queue(await other('timeout', { answeredAt: 9 }));
    await back().queue(await saw('slow-query'));
    await run();
    expect(firstLines('Q2').filter((line) => /quer/.test(line))).toEqual([]);
  });

  test('may lead the other later: neither waits for the other to speak', async () => {
    await back().queue(await saw('timeout'));
    await back().queue(await other('timeout', { follows: 'inv-1' }));
    await run();
    await other('timeout');
    await back().queue(await saw('timeout', { follows: 'two', answeredAt: 9 }));
    await run();
    await parts.store.update('two', () => ({
      ...answered(CANNOT_TELL, { id: 'two', answeredAt: 10 }),
      trigger: {
        kind: 'alert',
        alert: {
          source: 'pagerduty',
          id: 'Q2',
          delivery: 'd',
          event: 'triggered',
          title: 'cart',
          occurredAt: 1,
          startedAt: 1,
          links: {},
          labels: {},
          traceIds: [],
        },
      },
    }));
    const two = await parts.store.find({ by: 'id', id: 'two' });
    if (two?.status === 'answered') await back().queue(two);
    await run();
    expect(firstLines('Q2').at(-1)).toMatch(/Cannot tell/);
    expect(firstLines('Q1').at(-1)).toMatch(/Cannot tell/);
  });
});

test('every note is known to be ours', async () => {
  await saw('timeout');
  await back().write({ investigation: 'inv-1', round: 0 }, attempt);
  expect(server.notes('Q1').map(isOwnNote)).toEqual([true]);
});
