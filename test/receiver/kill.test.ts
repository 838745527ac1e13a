import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startReceiver } from '../../src/receiver/receiver.ts';
import { listening } from './quiet.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-kill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('after kill -9 in the middle of intake every span that was answered 200 is there', async () => {
  const child = fork(new URL('./kill-child.ts', import.meta.url), [folder], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  let answered = 0;
  child.on('message', (count) => {
    answered = Number(count);
    if (answered >= 20) child.kill('SIGKILL');
  });
  await once(child, 'exit');
  expect(answered).toBeGreaterThanOrEqual(20);

  const { log, said } = listening();
  const receiver = await startReceiver({ folder, host: '127.0.0.1', port: undefined, log });
  const { signal } = new AbortController();
  const ids = Array.from({ length: answered }, (_, index) => (index + 1).toString(16).padStart(32, '0'));
  const found = new Map<string, number>();
  for await (const batch of receiver.archive.fetch(ids, signal)) {
    for (const span of batch) found.set(span.traceId, (found.get(span.traceId) ?? 0) + 1);
  }
  expect(ids.filter((id) => found.get(id) !== 50)).toEqual([]);
  expect(said).toEqual([]);
  await receiver.close();
});
