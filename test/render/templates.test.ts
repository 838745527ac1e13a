import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Failure } from '../../src/failure.ts';
import { MECHANISMS } from '../../src/model/finding.ts';
import { fillSentence, parseSentence, placesOf } from '../../src/render/sentences.ts';
import { type ExpectedClaims, loadTemplates } from '../../src/render/templates.ts';
import { templateFolder } from './speaking.ts';

const folders: { remove(): void }[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

function load(files: Readonly<Record<string, string>> = {}, expected?: ExpectedClaims) {
  const folder = templateFolder(files);
  folders.push(folder);
  return loadTemplates(folder.url, expected);
}

function complaint(files: Readonly<Record<string, string>>, expected?: ExpectedClaims): string {
  try {
    load(files, expected);
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown.message;
    throw thrown;
  }
  return 'no complaint';
}

const text = (file: string) => readFileSync(new URL(`../../templates/messages/${file}`, import.meta.url), 'utf8');

describe('the sentences of the bot', () => {
  test('are in order as they are shipped, with a headline and a next step for every mechanism', () => {
    const templates = loadTemplates(new URL('../../templates/messages/', import.meta.url));
    for (const mechanism of MECHANISMS) {
      expect(templates.headline(mechanism).length).toBeGreaterThan(0);
      expect(templates.nextStep(mechanism).length).toBeGreaterThan(0);
      expect(placesOf(templates.headline(mechanism))).toEqual(['component']);
    }
  });

  test('that are missing or unknown fail at start, all of them in one failure', () => {
    const without = text('headlines.yml').replace(/^timeout:.*$/m, 'time-out: "{component} is late."');
    const said = complaint({ 'headlines.yml': without, 'claims.yml': 'a: "b"' }, { claims: ['gave-up'] });
    expect(said).toContain('headlines.yml lacks timeout');
    expect(said).toContain('headlines.yml has unknown time-out');
    expect(said).toContain('claims.yml lacks gave-up');
    expect(said).toContain('claims.yml has unknown a');
  });

  test('that stand in the wrong file fail at start', () => {
    const said = complaint({ 'answers.yml': `${text('answers.yml')}\nsince: "since {since}"\n` });
    expect(said).toContain('answers.yml has unknown since');
  });

  test.each([
    ['headlines.yml', 'error:', 'error: "{service} fails."', 'error has no place {service}'],
    ['card.yml', 'since:', 'since: "since {sinse}"', 'since has no place {sinse}'],
    ['card.yml', 'since:', 'since: "since {since"', 'since has a brace without its partner'],
    ['card.yml', 'next:', 'next: "In 5 minutes: "', 'next states a number itself'],
    ['card.yml', 'next:', 'next: [a, b]', 'not a list of name: sentence'],
  ])('with a fault are named: %s %s', (file, from, to, expected) => {
    const spoiled = text(file).replace(new RegExp(`^${from}.*$`, 'm'), to);
    expect(complaint({ [file]: spoiled })).toContain(expected);
  });

  test('of a file that is no YAML or not there fail at start', () => {
    expect(complaint({ 'card.yml': ': : :\n\t-' })).toContain('card.yml cannot be read');
    expect(() => loadTemplates(new URL('file:///nowhere/at/all/'))).toThrow(/headlines.yml cannot be read/);
  });

  test('use every place that the code fills, or none of them by mistake', () => {
    const used = Object.values<string>(parse(text('card.yml'))).join(' ');
    for (const place of ['affected', 'examined', 'since', 'at', 'suspects', 'baseline', 'spans', 'backend']) {
      expect(used).toContain(`{${place}`);
    }
  });
});

describe('a sentence', () => {
  test('takes its words from the number', () => {
    const sentence = parseSentence('{n} {n|trace|traces} of {name}') ?? [];
    const fill = (n: number) =>
      fillSentence(sentence, { n: { pieces: [String(n)], number: n }, name: { pieces: [{ code: 'x' }] } });
    expect(fill(1)).toEqual(['1 trace of ', { code: 'x' }]);
    expect(fill(2)).toEqual(['2 traces of ', { code: 'x' }]);
    expect(fillSentence(sentence, {})).toBeUndefined();
    expect(fillSentence(parseSentence('{constructor}') ?? [], {})).toBeUndefined();
  });

  test('is taken apart without losing anything', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (any) => {
        const sentence = parseSentence(any);
        const again = sentence
          ?.map((part) =>
            typeof part === 'string'
              ? part
              : 'one' in part
                ? `{${part.place}|${part.one}|${part.many}}`
                : `{${part.place}}`,
          )
          .join('');
        if (sentence) expect(again).toBe(any);
        else expect(any).toMatch(/[{}]/);
      }),
    );
  });
});
