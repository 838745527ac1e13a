import { describe, expect, test } from 'vitest';
import type { Answered } from '../../src/model/investigation.ts';
import type { Analysis } from '../../src/model/verdict.ts';
import { composeAnswer } from '../../src/questions/compose-answer.ts';
import { INTENTS, readIntent } from '../../src/questions/intent.ts';
import { plainText } from '../../src/render/plain-text.ts';
import { buildTable } from '../../src/trace/build.ts';
import { drawnTraceId, drawTable } from '../draw.ts';
import { AUDIT, answered, CANNOT_TELL, CASCADE, SINCE, testWords } from '../render/speaking.ts';

const words = testWords();

/** A request that fails because auth is slow, and a healthy one. */
const DRAWN = drawTable(`
gateway  POST /checkout  server  0..1120  !"upstream said 503"
  gateway  POST  client  5..1010  !"timeout of 1000ms exceeded for bob@example.org"  #caller
    auth  POST /verify  server  10..2900  #slow
      auth  SELECT keys  client  20..60
  payments  POST /charge  server  1011..1111  !"card 4111 1111 1111 1111 refused"
---
gateway  POST /checkout  server  0..160
  gateway  POST  client  5..50
    auth  POST /verify  server  10..45
      auth  SELECT keys  client  20..40
  audit  POST /log  server  51..151
`);

const EXEMPLAR = { suspect: drawnTraceId(1), healthy: drawnTraceId(2) };

function investigation(analysis: Partial<Analysis> = {}, more: Partial<Answered> = {}): Answered {
  return answered({ ...CASCADE, exemplar: EXEMPLAR, culpritSpans: [DRAWN.idOf('slow')], ...analysis }, more);
}

const ask = (text: string, of: Answered = investigation(), table = DRAWN.table) =>
  composeAnswer(text, of, table, words);
const say = (text: string, of?: Answered, table?: typeof DRAWN.table) => plainText(ask(text, of, table).message);

describe('answers', () => {
  test.each([
    'what broke?',
    'how do you know?',
    'where did the time go?',
    'which errors?',
    'only errors from payments',
    'who is affected?',
    'compare with yesterday',
    'full picture',
    'is it still happening?',
    'what next?',
    'was this right?',
    'yes',
    'no',
    'who touched what?',
    'help',
    'what is the airspeed of a swallow',
  ])('%s', async (question) => {
    const name = question.replace(/\W+/g, '-').replace(/-$/, '');
    await expect(say(question)).toMatchFileSnapshot(`../golden/answers/${name}.txt`);
  });

  test('where the time went adds up to the whole', () => {
    const items = ask('where did the time go').message.parts.find((part) => part.kind === 'list');
    const text = say('where did the time go');
    expect(items).toBeDefined();
    expect(text).toContain('1.1 s');
    expect(text).toContain('auth POST /verify');
  });

  test('errors keep to the service that was named, and leak neither addresses nor card numbers', () => {
    const all = say('which errors');
    expect(all).toContain('timeout of 1000ms exceeded for [address]');
    expect(all).not.toContain('4111');
    const one = say('only errors from payments');
    expect(one).toContain('payments POST /charge: card [number] refused');
    expect(one).not.toContain('timeout');
    expect(say('only errors from auth')).toContain('No span of auth');
  });

  test('a share of all traffic is told where it is known, and only there', () => {
    const weighed = (low: number) =>
      say(
        'who is affected',
        investigation({ impact: { ...CASCADE.impact, traffic: { share: 0.42, low, high: 0.6 } } }),
      );
    expect(weighed(0.3)).toContain('42 % of all requests like those examined, kept or not: between 30 % and 60 %');
    expect(weighed(0.6)).toContain('42 % of all requests like those examined, for every one was kept');
    for (const text of [weighed(0.3), weighed(0.6)]) expect(text).not.toContain('cannot be told from them');
    expect(say('who is affected')).not.toContain('%');
    expect(say('who is affected')).toContain('cannot be told from them');
  });

  test('a comparison names what grew, what is new and what is gone, and has a picture', async () => {
    const text = say('compare with a healthy trace');
    expect(text).toMatch(/auth POST \/verify: .* instead of/);
    expect(text).toContain('payments POST /charge: 100 ms, not in the healthy one');
    expect(text).toContain('audit POST /log: missing, 100 ms in the healthy one');
    const picture = await ask('compare with a healthy trace').draw?.();
    expect(picture?.filename).toMatch(/compared-card\.png$/);
  });

  test('without kept spans it says so instead of guessing', () => {
    const empty = buildTable([]);
    for (const question of ['where did the time go', 'which errors', 'compare it with a healthy one', 'full picture']) {
      expect(say(question, investigation(), empty)).toContain('were not kept');
      expect(ask(question, investigation(), empty).draw).toBeUndefined();
    }
    expect(say('compare', answered({ ...CASCADE, exemplar: { suspect: EXEMPLAR.suspect } }))).toContain(
      'no healthy trace',
    );
  });

  test('every intent answers every kind of investigation, and the same twice', () => {
    const investigations = [
      investigation(),
      investigation(
        {},
        { resolvedAt: SINCE + 9_000_000, repeats: 3, rechecks: [{ at: SINCE, affected: 1, examined: 2 }] },
      ),
      answered(CANNOT_TELL),
      answered(AUDIT),
      answered({ ...CANNOT_TELL, verdict: { ...CANNOT_TELL.verdict, hypotheses: [], missing: [] } }),
    ];
    for (const of of investigations) {
      for (const intent of INTENTS) {
        const first = ask(`ask:${intent}`, of);
        expect(first.message.summary).not.toBe('');
        expect(ask(`ask:${intent}`, of).message).toEqual(first.message);
      }
    }
  });

  test('every button that the bot offers is understood', () => {
    const messages = [
      words.card(investigation(), {}),
      words.card(answered(AUDIT), {}),
      ...INTENTS.map((intent) => ask(`ask:${intent}`).message),
      ask('mumble').message,
    ];
    const buttons = messages.flatMap(({ parts }) =>
      parts.flatMap((part) => (part.kind === 'buttons' ? part.buttons : [])),
    );
    expect(buttons.length).toBeGreaterThan(20);
    for (const button of buttons) {
      expect({ label: button.label, ...readIntent(button.value ?? '') }).toEqual({
        label: button.label,
        intent: button.action.replace('ask:', ''),
      });
    }
  });

  test('a lineage is told without accusing anybody', () => {
    const text = say('who did this', answered(AUDIT));
    expect(text).toContain('48 000 rows; usually up to 20'.replace('48 000', '48\u202f000'));
    expect(text).toContain('ledger sends no spans');
    expect(text).not.toMatch(/suspect|culprit|u-1879|203\.0\.113/);
  });
});
