import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearestNames } from '../../src/investigation/nearest-names.ts';

describe('names that somebody may have meant', () => {
  test.each([
    ['ordr', ['order', 'orders-archive', 'mail'], ['order']],
    ['Checkout', ['checkout', 'cart'], ['checkout']],
    ['chekcout', ['checkout', 'cart'], ['checkout']],
    ['checkout', ['checkout-api', 'checkoutservice', 'cart'], ['checkout-api', 'checkoutservice']],
    ['checkout-service', ['checkout', 'cart'], ['checkout']],
    ['zzz', ['order', 'mail'], []],
    ['', ['order'], []],
    ['a', ['b', 'c', 'd', 'e'], ['b', 'c', 'd']],
  ])('%j of %j', (asked, known, near) => {
    expect(nearestNames(asked, known)).toEqual(near);
  });

  test('an exact name is nearest, one slip is found, and the order of the list does not matter', () => {
    const name = fc.stringMatching(/^[a-z]{6,12}$/);
    fc.assert(
      fc.property(name, fc.array(name, { maxLength: 20 }), fc.nat(), (asked, others, place) => {
        const at = place % asked.length;
        const slipped = asked.slice(0, at) + asked.slice(at + 1);
        expect(nearestNames(slipped, [asked])).toEqual([asked]);
        expect(nearestNames(asked, [...others, asked])[0]).toBe(asked);
        expect(nearestNames(asked, others)).toEqual(nearestNames(asked, others.toReversed()));
      }),
    );
  });

  test('a name of a megabyte takes no time to speak of', () => {
    expect(nearestNames('a'.repeat(1_000_000), ['b'.repeat(1_000_000)])).toEqual([]);
  });
});
