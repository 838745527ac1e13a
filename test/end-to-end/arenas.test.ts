import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startBot } from './running-bot.ts';

test.runIf(process.platform === 'linux')('the bot starts with few arenas, unless somebody chose how many', async () => {
  for (const [chosen, expected] of [
    [{}, '2'],
    [{ MALLOC_ARENA_MAX: '5' }, '5'],
  ] as const) {
    const bot = await startBot(chosen);
    const environment = readFileSync(`/proc/${bot.pid}/environ`, 'utf8').split('\0');
    expect(environment.filter((line) => line.startsWith('MALLOC_ARENA_MAX='))).toEqual([
      `MALLOC_ARENA_MAX=${expected}`,
    ]);
    await bot.kill();
  }
});

test('the image, npm start and the bench of storms run with the same limits of memory', () => {
  const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const limits = (text: string) => text.match(/--max-[a-z-]+-size=\d+/g);
  const image = limits(read('Dockerfile'));
  expect(image).toHaveLength(2);
  expect(limits(read('package.json'))).toEqual(image);
  expect(limits(read('bench/storm.ts'))).toEqual(image);
  expect(limits(read('bench/README.md'))).toEqual(image);
});
