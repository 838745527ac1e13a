import { describe, expect, test } from 'vitest';
import { isOwnNote, NOTE_LIMIT, noteMark } from '../../src/model/note.ts';
import type { Analysis } from '../../src/model/verdict.ts';
import { withoutSecrets } from '../../src/render/names.ts';
import { AUDIT, answered, CANNOT_TELL, CASCADE, evidence, testWords } from './speaking.ts';

const words = testWords();
const key = '3f9a2b7c1d20';
const permalink = 'https://acme.slack.com/archives/C01/p1790000000000000';
const note = (analysis: Analysis, more: { changed?: boolean; permalink?: string } = {}) =>
  words.note(answered(analysis), { key, changed: false, ...more });

describe('a note in an incident', () => {
  test('is the verdict in a few plain lines, with counts, the thread and the mark', () => {
    expect(note(CASCADE, { permalink }).text.split('\n')).toEqual([
      expect.stringMatching(/^Causeway: Cause: .*auth/),
      expect.stringMatching(/^31 of 40 examined POST \/checkout requests affected, since 03:09:00 UTC/),
      '- gateway gave up after 1.0 s; auth needed 2.9 s (in 31 of 40; healthy: 0 of 60)',
      '- auth itself takes 2.9 s instead of 12 ms (in 31 of 40).',
      expect.stringMatching(/^- Made worse: /),
      expect.stringMatching(/^Next: /),
      'Confidence: high.',
      `Thread: ${permalink}`,
      '[causeway 3f9a2b7c1d20]',
    ]);
  });

  test('has no mark-up of any chat', () => {
    expect(note(CASCADE, { permalink }).text).not.toMatch(/[*`_]\w|<|\{date|&amp;/);
  });

  test('that cannot tell says so and names nobody', () => {
    const { text, facts } = note(CANNOT_TELL);
    expect(text).toMatch(/^Causeway: Cannot tell:/);
    expect(facts).toMatchObject({ verdict: 'cannot-tell', services: [] });
    expect(facts.mechanism).toBeUndefined();
  });

  test('that says something else than the one before says so', () => {
    expect(note(CASCADE, { changed: true }).text).toMatch(/^Causeway, another verdict: Cause:/);
  });

  test('hands the same facts to programs', () => {
    expect(note(CASCADE, { permalink }).facts).toMatchObject({
      investigation: 'inv-1',
      verdict: 'cause',
      confidence: 'high',
      mechanism: 'timeout',
      services: ['auth'],
      affected: 31,
      examined: 40,
      permalink,
    });
  });

  test('keeps within its limit by leaving reasons out, and never loses its mark', () => {
    const [top] = CASCADE.verdict.hypotheses;
    const long = { unit: 'name', value: 'very-long-name-'.repeat(20) } as const;
    const values = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`place-${at}`, long]));
    const wordy = evidence('unknown-claim', values);
    if (top === undefined) throw new Error('no hypothesis');
    const hypotheses = [{ ...top, evidence: [wordy, wordy, wordy] as const }];
    const { text } = note({ ...CASCADE, verdict: { ...CASCADE.verdict, hypotheses } }, { permalink });
    expect(text.length).toBeLessThanOrEqual(NOTE_LIMIT);
    expect(text.endsWith(`\n${noteMark(key)}`)).toBe(true);
    expect(text).toContain('31 of 40');
  });

  test('of a lineage holds neither the actor nor an address', () => {
    const { text } = words.note(answered(AUDIT), { key, changed: false });
    expect(text).not.toContain('203.0.113.7');
  });
});

test('a note of ours is known by its last line, and one that quotes it is not', () => {
  expect(isOwnNote(`x\n${noteMark(key)}`)).toBe(true);
  expect(isOwnNote(`x\n${noteMark(key)} \r\n`)).toBe(true);
  expect(isOwnNote(`> x\n> ${noteMark(key)}\nrolled back`)).toBe(false);
  expect(isOwnNote('[causeway 3f9a]')).toBe(false);
});

test.each([
  ['mail from jane.doe@example.com bounced', 'mail from [address] bounced'],
  ['Authorization: Bearer abc.def-123', 'Authorization: [secret] [secret]'],
  ['GET /login?token=abcdef&x=1', 'GET /login?token=[secret]&x=1'],
  ['password="hunter2", user', 'password="[secret]", user'],
  ['api_key: 12345', 'api_key: [secret]'],
  ['uses xoxb-123456789-abcdefgh here', 'uses [secret] here'],
  ['SELECT * FROM orders WHERE id = ?', 'SELECT * FROM orders WHERE id = ?'],
  ['POST /checkout on order-service', 'POST /checkout on order-service'],
])('%s is told as: %s', (given, told) => {
  expect(withoutSecrets(given)).toBe(told);
});
