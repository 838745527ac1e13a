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
