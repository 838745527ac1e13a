import { describe, expect, test } from 'vitest';
import { ID, inBothModes } from '../in-both-modes.ts';
import { until } from '../stand-in.ts';

inBothModes(({ bot, shortcut }) => {
  describe('"Explain this trace"', () => {
    test('looks into the trace that an alert links to, in that message’s thread', async () => {
      const attachments = [{ fallback: 'alert', actions: [{ url: `https://jaeger.example/trace/${ID}` }] }];
      expect((await shortcut({ text: 'checkout is slow', attachments })).status).toBe(200);
      await until('the intake is asked', () => bot().asked.length === 1);
      expect(bot().asked[0]).toMatchObject({ kind: 'mention', traceId: ID, threadTs: '1700000050.000100' });
    });

    test('says to that person when there is none', async () => {
      await shortcut({ text: 'good morning' });
      await until('it is told', () => bot().slack.responses.length === 1);
      expect(bot().slack.responses[0]).toMatchObject({ response_type: 'ephemeral', replace_original: false });
      expect(bot().asked).toEqual([]);
    });
  });
});
