import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sayOnce } from '../../src/investigation/once.ts';
import type { ThreadRef } from '../../src/model/investigation.ts';
import { embeddedParts } from './parts.ts';

/** A channel that may die before or after it took a message, as the network does. */
function channel() {
  const messages: { key: string; ref: ThreadRef }[] = [];
  return {
    messages,
    act: (key: string, death: 'none' | 'before' | 'after') => async () => {
      if (death === 'before') throw new Error('died before the channel heard it');
      const ref = { channel: 'C1', ts: `${messages.length + 1}.0` };
      messages.push({ key, ref });
      if (death === 'after') throw new Error('died before the answer was noted');
      return ref;
    },
    look: (key: string) => async () => messages.find((message) => message.key === key)?.ref,
  };
}

describe('saying something once', () => {
  test('every try that gets through says where the one message is', async () => {
    const { ledger, close } = embeddedParts();
    const { act, look, messages } = channel();
    const first = await sayOnce(ledger, 'k', { look: look('k'), act: act('k', 'none') });
    const second = await sayOnce(ledger, 'k', { look: look('k'), act: act('k', 'none') });
    expect(second).toEqual(first);
    expect(messages).toHaveLength(1);
    await close();
  });

  test('whatever dies how often, one message stands at the end, and one for each key', async () => {
    const deaths = fc.array(fc.constantFrom('before' as const, 'after' as const), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(deaths, deaths, async (ofA, ofB) => {
        const { ledger, close } = embeddedParts();
        const { act, look, messages } = channel();
        for (const [key, list] of [
          ['a', ofA],
          ['b', ofB],
        ] as const) {
          for (const death of list)
            await sayOnce(ledger, key, { look: look(key), act: act(key, death) }).catch(() => undefined);
          await sayOnce(ledger, key, { look: look(key), act: act(key, 'none') });
        }
        expect(messages.map((message) => message.key)).toEqual(['a', 'b']);
        await close();
      }),
      { numRuns: 25 },
    );
  });
});
