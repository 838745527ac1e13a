import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { backends } from '../../src/backends/index.ts';
import { FACES } from './faces.ts';

test('every backend has a kind of its own, a title and options; the embedded one comes first', () => {
  expect(backends[0]?.kind).toBe('embedded');
  expect(new Set(backends.map((backend) => backend.kind)).size).toBe(backends.length);
  for (const backend of backends) {
    expect(backend.title).not.toBe('');
    expect(backend.options.safeParse({ surely: 'unknown' }).success).toBe(false);
  }
});

describe('what is written about setting them up', () => {
  const Place = z.looseObject({ kind: z.string() });
  const Example = z.union([
    z.strictObject({ backend: Place }).transform(({ backend }) => [backend]),
    z
      .strictObject({ backends: z.array(Place) })
      .transform(({ backends: places }) => places.map(({ services: _, environments: __, ...rest }) => rest)),
  ]);
  const examplesIn = (text: string) =>
    [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap((match) => Example.parse(parse(match[1] ?? '')));

  test('docs/backends.md has an example of each kind, and each example is accepted', () => {
    const examples = examplesIn(readFileSync('docs/backends.md', 'utf8'));
    const shown = [...new Set(examples.map(({ kind }) => kind))].toSorted();
    expect(shown).toEqual(backends.map(({ kind }) => kind).toSorted());
    for (const example of examples) {
      const definition = backends.find(({ kind }) => kind === example.kind);
      expect(definition?.options.safeParse(example).error?.issues, example.kind).toBeUndefined();
    }
  });

  test.each(backends.map(({ kind }) => kind))('the set-up guide of %s is accepted too, where it has one', (kind) => {
    const source = readFileSync(`src/backends/${kind}.ts`, 'utf8').replace(/^ \* ?/gm, '');
    for (const example of examplesIn(source)) {
      const known = { ...example, ...('auth' in example ? { auth: { kind: 'none' } } : {}) };
      const definition = backends.find((candidate) => candidate.kind === kind);
      expect(definition?.options.safeParse(known).error?.issues).toBeUndefined();
    }
  });

  test('every option of a connection is explained', async () => {
    const { CONNECTION } = await import('../../src/backends/connection.ts');
    const text = readFileSync('docs/backends.md', 'utf8');
    expect(Object.keys(CONNECTION).filter((name) => name !== 'url' && !text.includes(`| \`${name}\` |`))).toEqual([]);
  });

  test('what CONTRIBUTING.md shows of a backend stands so in its files', () => {
    const blocks = readFileSync('CONTRIBUTING.md', 'utf8').matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g);
    const shown = Array.from(blocks, ([, file = '', code = '']) => ({ file, lines: code.trimEnd().split('\n') }));
    expect(shown.map(({ file }) => file)).toHaveLength(3);
    for (const { file, lines } of shown) {
      const there = new Set(readFileSync(file, 'utf8').split('\n'));
      expect(
        lines.filter((line) => !there.has(line)),
        file,
      ).toEqual([]);
    }
  });

  test('every kind that is reached over HTTP has a face with its dialect', () => {
    const spoken = new Set(FACES.map(({ kind }) => kind));
    const reached = backends.filter(({ kind }) => kind !== 'embedded' && kind !== 'files');
    expect(reached.map(({ kind }) => kind).filter((kind) => !spoken.has(kind))).toEqual([]);
  });
});
