import { describe, expect, test } from 'vitest';
import { fixNoted, fixSaidIn } from '../../src/investigation/fixed-by.ts';

describe('what fixed it, from a saying in a thread', () => {
  test.each([
    ['fixed by rolling auth back', 'rolling auth back'],
    ['Fixed it by restarting the pool', 'restarting the pool'],
    ['fix: new certificate', 'new certificate'],
    ['The fix was: more connections', 'more connections'],
    ['<@U123> fixed with a bigger pool', 'a bigger pool'],
    ['it was fixed by  the   vendor\nmore on Monday', 'the vendor'],
  ])('%s', (said, fix) => {
    expect(fixSaidIn(said)).toBe(fix);
  });

  test.each([
    'who fixed it?',
    'fixed by whom?',
    'fixed',
    'fixed by',
    'I will fix the tests later',
    'prefix: none',
    'the fix did not help',
    '',
  ])('nothing: %s', (said) => {
    expect(fixSaidIn(said)).toBeUndefined();
  });

  test('a long story is cut', () => {
    expect([...(fixSaidIn(`fix: ${'é'.repeat(500)}`) ?? '')]).toHaveLength(160);
  });
});

test('the note of whoever resolved it is the fix, whatever it says', () => {
  expect(fixNoted('rolled back to 41')).toBe('rolled back to 41');
  expect(fixNoted('fixed by a rollback')).toBe('a rollback');
  expect(fixNoted(' \n ')).toBeUndefined();
  expect(fixNoted(undefined)).toBeUndefined();
});
