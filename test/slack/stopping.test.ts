import { expect, test } from 'vitest';
import { appMention } from '../fixtures/slack/payloads.ts';
import { inBothModes, THREAD } from './in-both-modes.ts';
import { until } from './stand-in.ts';

inBothModes(({ bot, event }, mode) => {
  test('stopping takes nothing more, waits for what is under way, and says what it left', async () => {
    const finish = Promise.withResolvers<'answered'>();
    bot().answering(() => finish.promise);
    await event(appMention('slow', { thread_ts: THREAD }));
    await until('it is asked', () => bot().questions.length === 1);
    expect(await bot().app.stop(50)).toBe(1);
    const stopped = bot().app.stop(5_000);
    finish.resolve('answered');
    expect(await stopped).toBe(0);
    if (mode === 'http') expect((await event(appMention('late'))).status).toBe(503);
    else await until('the socket is closed', () => bot().slack.sockets.size === 0);
  });
});
