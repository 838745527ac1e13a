import { expect, test, vi } from 'vitest';
import { WorkerClient } from '../../src/receiver/worker-client.ts';
import { listening } from './quiet.ts';

const OPTIONS = { path: '', host: '127.0.0.1', maxAge: 1, maxBytes: 1, queueBytes: 1 };
const MORTAL = new URL('./mortal-worker.ts', import.meta.url);

test('a worker that dies fails what was under way with a Failure, is told in the log and started again', async () => {
  const { log, said } = listening();
  const client = new WorkerClient(OPTIONS, log, MORTAL);
  await client.start();
  expect(await client.call('services', { from: 0, to: 1 })).toEqual(['alive']);

  await expect(client.call('flush', {})).rejects.toMatchObject({ kind: 'unreachable', retryable: true });
  expect(said).toEqual(['error the receiver failed', 'error the receiver ended unexpectedly and is started again']);
  await expect(client.call('services', { from: 0, to: 1 })).rejects.toMatchObject({ kind: 'unreachable' });
  await vi.waitFor(async () => expect(await client.call('services', { from: 0, to: 1 })).toEqual(['alive']), {
    timeout: 10_000,
    interval: 100,
  });
  await client.close(100);
  await expect(client.call('services', { from: 0, to: 1 })).rejects.toMatchObject({ kind: 'unreachable' });
});

test('closed while it waits to start again, it stays closed', async () => {
  const { log } = listening();
  const client = new WorkerClient(OPTIONS, log, MORTAL);
  await client.start();
  await expect(client.call('flush', {})).rejects.toMatchObject({ kind: 'unreachable' });
  await client.close(100);
  await new Promise((resolve) => setTimeout(resolve, 1_300));
  await expect(client.call('services', { from: 0, to: 1 })).rejects.toMatchObject({ kind: 'unreachable' });
});

test('an abort rejects at once with its reason, although nobody answers', async () => {
  const { log } = listening();
  const client = new WorkerClient(OPTIONS, log, MORTAL);
  await client.start();
  const controller = new AbortController();
  const waiting = client.call('stats', {}, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await client.close(100);
});
