import { expect, test } from 'vitest';
import { backends } from '../../src/backends/index.ts';

test('every backend has a kind of its own, a title and options; the embedded one comes first', () => {
  expect(backends[0]?.kind).toBe('embedded');
  expect(new Set(backends.map((backend) => backend.kind)).size).toBe(backends.length);
  for (const backend of backends) {
    expect(backend.title).not.toBe('');
    expect(backend.options.safeParse({ surely: 'unknown' }).success).toBe(false);
  }
});
