import { describe, expect, test } from 'vitest';
import { CHANNEL, PERSON } from '../../fixtures/slack/payloads.ts';
import { boom, ID, inBothModes } from '../in-both-modes.ts';
import { refuse, until } from '../stand-in.ts';

inBothModes(({ bot, command, idle }) => {
  describe('/trace', () => {
    test('asks for an investigation and is acknowledged without waiting for it', async () => {
      const accepted = Promise.withResolvers<void>();
      bot().accepting(async () => {
        await accepted.promise;
        return { investigation: 'i1', outcome: 'opened' };
      });
      const acked = await command(`<https://jaeger.example/trace/${ID}?a=1&amp;b=2|the trace>`);
      expect(acked.status).toBe(200);
      await until('the intake is asked', () => bot().asked.length === 1);
      expect(bot().asked).toEqual([
        { kind: 'command', traceId: ID, by: PERSON, channel: CHANNEL, request: 'command:1111.2222.3333' },
      ]);
      expect(bot().app.inFlight).toBe(1);
      accepted.resolve();
      await idle();
      expect(bot().slack.responses).toEqual([]);
    });

    test.each([
      ['help', 'understand'],
      ['', 'understand'],
      ['nonsense', 'no trace id'],
      [`${ID}ff`, 'this has 34'],
    ])('answers "%s" at once to that person only', async (text, expected) => {
      const { status, body } = await command(text);
      expect(status).toBe(200);
      expect(body).toMatchObject({ response_type: 'ephemeral' });
      expect(JSON.stringify(body)).toContain(expected);
      expect(JSON.stringify(body)).toContain('/trace');
      expect(bot().asked).toEqual([]);
    });

    test('says when the trace is being looked at already', async () => {
      bot().accepting(async () => ({ investigation: 'i1', outcome: 'duplicate' }));
      await command(ID);
      await until('the person is told', () => bot().slack.responses.length === 1);
      expect(bot().slack.responses[0]).toMatchObject({ response_type: 'ephemeral' });
    });

    test('says at once that a card could not be posted in this channel', async () => {
      bot().slack.on('conversations.info', () => refuse('channel_not_found'));
      await command(ID);
      await until('the person is told', () => bot().slack.responses.length === 1);
      expect(JSON.stringify(bot().slack.responses)).toContain('/invite');
      expect(bot().asked).toEqual([]);
    });

    test('goes on where Slack cannot say whether it could be posted', async () => {
      bot().slack.on('conversations.info', () => refuse('missing_scope', { needed: 'im:read' }));
      await command(ID);
      await until('the intake is asked', () => bot().asked.length === 1);
    });

    test('tells the person what failed', async () => {
      bot().accepting(boom);
      await command(ID);
      await until('the person is told', () => bot().slack.responses.length === 1);
      expect(bot().slack.responses[0]).toMatchObject({ response_type: 'ephemeral', text: 'Jaeger is down. Start it.' });
      expect(bot().lines.filter((line) => line.includes('Jaeger is down'))).toHaveLength(1);
    });
  });
});
