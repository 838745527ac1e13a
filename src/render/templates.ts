import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { MECHANISMS, type Mechanism } from '../model/finding.ts';
import { PHRASES, type PhraseName } from './phrases.ts';
import { parseSentence, placesOf, type Sentence, statesNumber } from './sentences.ts';

/** All that the bot says, read once at start. */
export type Templates = {
  headline(mechanism: Mechanism): Sentence;
  nextStep(mechanism: Mechanism): Sentence;
  phrase(name: PhraseName): Sentence;
  /** Sentence of an `Evidence.claim`; `undefined` for a claim that `claims.yml` does not know. */
  claim(name: string): Sentence | undefined;
  /** Sentence of a `Gap.claim`. */
  gap(name: string): Sentence | undefined;
};

/** Names that `claims.yml` and `gaps.yml` must have, no more and no less, where the caller knows them. */
export type ExpectedClaims = { readonly claims?: readonly string[]; readonly gaps?: readonly string[] };

const File = z.record(z.string(), z.string());

/**
 * Reads every sentence of a folder (`templates/messages`).
 *
 * @throws Failure `misconfigured` that lists everything wrong at once: names missing or unknown, places that the name does
 * not have, braces left open, and digits (numbers come from evidence only).
 */
export function loadTemplates(folder: URL, expected: ExpectedClaims = {}): Templates {
  const problems: string[] = [];
  const read = (file: string) => readSentences(folder, file, problems);

  const headlines = read('headlines');
  const nextSteps = read('next-steps');
  for (const [file, sentences] of [['headlines', headlines] as const, ['next-steps', nextSteps] as const]) {
    compareNames(file, sentences, MECHANISMS, problems);
    for (const [name, sentence] of sentences) comparePlaces(file, name, sentence, ['component'], problems);
  }

  const phrases = new Map<string, Sentence>();
  for (const [file, names] of Object.entries(PHRASES)) {
    const sentences = read(file);
    compareNames(file, sentences, Object.keys(names), problems);
    for (const [name, places] of Object.entries(names)) {
      const sentence = sentences.get(name);
      if (!sentence) continue;
      comparePlaces(file, name, sentence, places, problems);
      phrases.set(`${file}.${name}`, sentence);
    }
  }

  const claims = read('claims');
  const gaps = read('gaps');
  if (expected.claims) compareNames('claims', claims, expected.claims, problems);
  if (expected.gaps) compareNames('gaps', gaps, expected.gaps, problems);

  if (problems.length > 0) {
    throw new Failure(
      'misconfigured',
      `The sentences of the bot are not in order: ${problems.join('; ')}.`,
      'Correct the files in templates/messages, or take them from the same version of Causeway.',
    );
  }
  return {
    headline: (mechanism) => headlines.get(mechanism) ?? [],
    nextStep: (mechanism) => nextSteps.get(mechanism) ?? [],
    phrase: (name) => phrases.get(name) ?? [],
    claim: (name) => claims.get(name),
    gap: (name) => gaps.get(name),
  };
}

function readSentences(folder: URL, file: string, problems: string[]): ReadonlyMap<string, Sentence> {
  const sentences = new Map<string, Sentence>();
  let entries: Readonly<Record<string, string>>;
  try {
    entries = File.parse(parse(readFileSync(new URL(`${file}.yml`, `${folder.href.replace(/\/?$/, '/')}`), 'utf8')));
  } catch (thrown) {
    problems.push(
      `${file}.yml cannot be read (${thrown instanceof z.ZodError ? 'not a list of name: sentence' : String(thrown)})`,
    );
    return sentences;
  }
  for (const [name, text] of Object.entries(entries)) {
    const sentence = parseSentence(text);
    if (!sentence) problems.push(`${file}.yml: ${name} has a brace without its partner`);
    else if (statesNumber(sentence)) problems.push(`${file}.yml: ${name} states a number itself`);
    else sentences.set(name, sentence);
  }
  return sentences;
}

function compareNames(
  file: string,
  sentences: ReadonlyMap<string, Sentence>,
  wanted: readonly string[],
  problems: string[],
): void {
  const missing = wanted.filter((name) => !sentences.has(name));
  const unknown = [...sentences.keys()].filter((name) => !wanted.includes(name));
  if (missing.length > 0) problems.push(`${file}.yml lacks ${missing.join(', ')}`);
  if (unknown.length > 0) problems.push(`${file}.yml has unknown ${unknown.join(', ')}`);
}

function comparePlaces(
  file: string,
  name: string,
  sentence: Sentence,
  places: readonly string[],
  problems: string[],
): void {
  const unknown = placesOf(sentence).filter((place) => !places.includes(place));
  if (unknown.length > 0) problems.push(`${file}.yml: ${name} has no place {${unknown.join('}, {')}}`);
}
