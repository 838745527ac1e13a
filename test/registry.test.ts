import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { VARIABLES } from '../src/config.ts';
import { MECHANISMS } from '../src/model/finding.ts';

/** Lists in the code and the files they stand for must agree; what is missing is named. */
describe('what is declared is there', () => {
  test('.env.example names every variable that the bot reads, and no other', () => {
    const named = [...readFileSync('.env.example', 'utf8').matchAll(/^# ?([A-Z_]+)=/gm)].map((match) => match[1]);
    expect(named.toSorted()).toEqual(Object.keys(VARIABLES).toSorted());
  });

  test('every top-level part that the project promises is there', () => {
    const promised = ['package.json', 'tsconfig.json', 'src', 'manifest.yml', 'templates', 'test', 'Dockerfile', 'compose.yml', 'LICENSE', 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];
    expect(promised.filter((path) => !existsSync(path))).toEqual([]);
  });

  test('every mechanism has a headline and a next step', () => {
    for (const file of ['headlines', 'next-steps']) {
      const sentences = Object.keys(parse(readFileSync(`templates/messages/${file}.yml`, 'utf8')));
      expect(MECHANISMS.filter((mechanism) => !sentences.includes(mechanism)), file).toEqual([]);
    }
  });

  for (const [folder, list] of [
    ['alerts', 'src/alerts/index.ts'],
    ['backends', 'src/backends/index.ts'],
    ['detectors', 'src/detectors/index.ts'],
  ] as const) {
    test(`each file of ${folder}/ stands in its list or serves those that do, and has a test`, () => {
      const code = readFileSync(list, 'utf8');
      const listed = [...code.matchAll(/from '\.\/([a-z0-9-]+)\.ts'/g)].map((match) => match[1] ?? '');
      const missingTests = listed.filter((name) => !testsOf(folder).some((file) => file.includes(name)));
      expect(listed.length).toBeGreaterThan(0);
      expect(missingTests).toEqual([]);
    });
  }
});

function testsOf(folder: string): readonly string[] {
  return readdirSync(`test/${folder}`, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
}
