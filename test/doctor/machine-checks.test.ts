import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runChecks } from '../../src/doctor/check.ts';
import { dataFolderCheck, fontsCheck } from '../../src/doctor/machine-checks.ts';

const { signal } = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 'causeway-doctor-'));

test('a folder that can be made and written to is well, and nothing is left in it', async () => {
  const data = join(folder, 'deep', 'data');
  expect(await runChecks([dataFolderCheck(data)], signal)).toMatchObject([
    { status: 'ok', detail: expect.stringMatching(/is writable, \d+ MB free/) },
  ]);
  expect(readdirSync(data)).toEqual([]);
});

test('a file in its place is told', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(await runChecks([dataFolderCheck(file)], signal)).toMatchObject([
    {
      status: 'failed',
      detail: expect.stringMatching(/EEXIST|ENOTDIR/),
      hint: expect.stringContaining('CAUSEWAY_DATA'),
    },
  ]);
});

test.skipIf(process.getuid?.() === 0)(
  'a folder of somebody else is told (skipped for root, who may do anything)',
  async () => {
    const locked = mkdtempSync(join(folder, 'locked-'));
    chmodSync(locked, 0o500);
    expect(await runChecks([dataFolderCheck(locked)], signal)).toMatchObject([{ status: 'failed' }]);
  },
);

test('the shipped fonts draw letters that differ', async () => {
  expect(await runChecks([fontsCheck], signal)).toEqual([
    { name: 'Fonts', status: 'ok', detail: 'the shipped ones draw' },
  ]);
});

test('without any font every letter is the same box, and that is noticed', () => {
  // Fontconfig reads its file once in a process, so this needs one of its own; the name is what tells it that all is set up.
  const bare = mkdtempSync(join(folder, 'causeway-fonts-'));
  mkdirSync(join(bare, 'empty'));
  const file = join(bare, 'fonts.conf');
  writeFileSync(file, `<?xml version="1.0"?><fontconfig><dir>${join(bare, 'empty')}</dir></fontconfig>`);
  const code = "import('./src/render/letters.ts').then((own) => own.lettersDiffer()).then(console.log)";
  const said = execFileSync(process.execPath, ['-e', code], {
    env: { PATH: process.env.PATH, FONTCONFIG_FILE: file },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(said.trim()).toBe('false');
});
