import { expect, test } from 'vitest';
import { type Step, watched } from '../../src/compose/watched.ts';
import { memoryBackend, requests, T0 } from '../investigation/memory-backend.ts';

const { signal } = new AbortController();
const query = { from: T0 - 1e9, to: T0, order: 'latest', limit: 10 } as const;

test('each search is told when it is begun, each trace when it is there, and the backend answers as ever', async () => {
  const spans = requests('cart', -60, 3);
  const ids = spans.map(({ traceId }) => traceId);
  const { backend, queries } = memoryBackend(spans);
  const steps: Step[] = [];
  const asked = watched(backend, (step) => steps.push(step));

  expect(await asked.services(T0 - 1e9, T0, signal)).toEqual(['cart']);
  expect(await asked.search(query, signal)).toHaveLength(3);
  expect(await asked.search(query, signal)).toHaveLength(3);
  expect(queries).toHaveLength(2);
  const read: string[] = [];
  for await (const batch of asked.fetch([...ids, 'f'.repeat(32)], signal))
    read.push(...batch.map((span) => span.traceId));
  expect(read).toEqual(ids);
  expect(steps).toEqual([
    { stage: 'searching', done: 0 },
    { stage: 'searching', done: 0 },
    { stage: 'searching', done: 1 },
    ...[0, 1, 2, 3, 4].map((done) => ({ stage: 'reading', done, of: 4 })),
  ]);
});

test('notes of what is missing and the signal go through', async () => {
  const { backend } = memoryBackend([]);
  const notes: string[] = [];
  const partial = watched(
    {
      ...backend,
      async search(_, own, missing) {
        own.throwIfAborted();
        missing?.('half of it');
        return [];
      },
    },
    () => {},
  );
  await partial.search(query, signal, (note) => notes.push(note));
  expect(notes).toEqual(['half of it']);
  await expect(partial.search(query, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});
