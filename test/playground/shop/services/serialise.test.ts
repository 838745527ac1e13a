import { expect, test } from 'vitest';
import { serialise } from '../../../../src/playground/shop/services/serialise.ts';

test('both versions write the same text; the slow one burns CPU for it', () => {
  const answer = { order: 'o-1', items: [{ sku: 'mug', quantity: 2 }], text: 'größer "x"' };
  const healthy = serialise(answer, 0);
  expect(JSON.parse(healthy)).toEqual(answer);
  const before = process.threadCpuUsage();
  expect(serialise(answer, 5)).toBe(healthy);
  const { user, system } = process.threadCpuUsage(before);
  expect(user + system).toBeGreaterThan(0);
});
