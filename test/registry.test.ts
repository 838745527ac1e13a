import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { VARIABLES } from '../src/config.ts';
import { MECHANISMS } from '../src/model/finding.ts';

/** Lists in the code and the files they stand for must agree; what is missing is named. */
describe('what is declared is there', () => {
  test('.env.example names every variable that the bot reads, and no other', () => {
    const named = [...readFileSync('.env.example', 'utf8').matchAll(/^# ?([A-Z_]+)=/gm)].map((match) => match[1]);
    expect(named.toSorted()).toEqual(Object.keys(VARIABLES).toSorted());
  });

  test('every top-level part that the project promises is there', () => {
    const promised = [
      'package.json',
      'tsconfig.json',
      'src',
      'manifest.yml',
      'templates',
      'test',
      'Dockerfile',
      'compose.yml',
      'LICENSE',
      'README.md',
      'ARCHITECTURE.md',
      'CONTRIBUTING.md',
    ];
    expect(promised.filter((path) => !existsSync(path))).toEqual([]);
  });

  test('every mechanism has a headline and a next step', () => {
    for (const file of ['headlines', 'next-steps']) {
      const sentences = Object.keys(parse(readFileSync(`templates/messages/${file}.yml`, 'utf8')));
      expect(
        MECHANISMS.filter((mechanism) => !sentences.includes(mechanism)),
        file,
      ).toEqual([]);
    }
  });

  for (const folder of ['alerts', 'backends', 'notes'] as const) {
    test(`each file that ${folder}/index.ts lists has a test of its own`, () => {
      const listed = listedIn(`src/${folder}/index.ts`);
      expect(listed.length).toBeGreaterThan(0);
      const tests = testsOf(folder);
      expect(listed.filter((name) => !tests.some((file) => file.includes(name)))).toEqual([]);
    });
  }

  test('each detector that detectors/index.ts lists is asked for by its number in a test', () => {
    const numbers = listedIn('src/detectors/index.ts').flatMap((name) => {
      const number = /id: '(D\d\d) /.exec(readFileSync(`src/detectors/${name}.ts`, 'utf8'))?.[1];
      return number === undefined ? [] : [number];
    });
    const tests = testsOf('detectors')
      .map((file) => readFileSync(`test/detectors/${file}`, 'utf8'))
      .join('\n');
    expect(numbers.length).toBeGreaterThan(25);
    expect(numbers.filter((number) => !tests.includes(`'${number}`))).toEqual([]);
  });
});

function listedIn(list: string): readonly string[] {
  return [...readFileSync(list, 'utf8').matchAll(/from '\.\/([a-z0-9-]+)\.ts'/g)].map((match) => match[1] ?? '');
}

function testsOf(folder: string): readonly string[] {
  return readdirSync(`test/${folder}`, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.test.ts'),
  );
}
