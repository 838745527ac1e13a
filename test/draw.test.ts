import { describe, expect, it } from 'vitest';
import { DRAWN_EPOCH, draw } from './draw.ts';

const ms = (n: number) => DRAWN_EPOCH + n * 1_000;

describe('draw', () => {
  it('reads bars, kinds, parents and marks', () => {
    const [root, call, server, other] = draw(`
      gateway  POST /checkout  server  |==========|
        gateway  POST          client  | ======== |  url.full=http://orders/a=b
          orders  POST /orders server  |  ====    |  !"too late" retries=3 deep=true note="a b"
        gateway  render                |         :|  ok
    `);
    expect(root).toMatchObject({
      service: 'gateway',
      name: 'POST /checkout',
      kind: 'server',
      start: ms(0),
      end: ms(10),
    });
    expect(root?.parentSpanId).toBeUndefined();
    expect(call).toMatchObject({ kind: 'client', start: ms(1), end: ms(9), parentSpanId: root?.spanId });
    expect(call?.attributes).toEqual({ 'url.full': 'http://orders/a=b' });
    expect(server).toMatchObject({ parentSpanId: call?.spanId, status: 'error', statusMessage: 'too late' });
    expect(server?.attributes).toEqual({ retries: 3, deep: true, note: 'a b' });
    expect(other).toMatchObject({
      kind: 'internal',
      start: ms(9),
      end: ms(9),
      status: 'ok',
      parentSpanId: root?.spanId,
    });
  });

  it('scales bars and reads numbers with fractions and of any sign', () => {
    const [bar, fraction, negative] = draw('a x |=|\na y 1.25..2\na z 20..-5', { column: 10 });
    expect(bar?.end).toBe(ms(10));
    expect(fraction).toMatchObject({ start: ms(1.25), end: ms(2) });
    expect(negative).toMatchObject({ start: ms(20), end: ms(-5) });
  });

  it('reads events, links, scopes and resources', () => {
    const [first, second] = draw(`
      a x 0..9 #one *exception@3{"exception.type":"Timeout"} resource.service.version="2" scope:net
      a y 1..2 ~one
    `);
    expect(first?.events).toEqual([{ name: 'exception', time: ms(3), attributes: { 'exception.type': 'Timeout' } }]);
    expect(first?.resource).toEqual({ 'service.name': 'a', 'service.version': '2' });
    expect(first?.scope).toBe('net');
    expect(second?.links[0]?.spanId).toBe(first?.spanId);
  });

  it('lets a label stand for a shared id, a parent elsewhere, a missing parent and the span itself', () => {
    const [client, server, child, orphan, loop] = draw(`
      a call client 0..9 #shared
      b call server 1..8 #shared
      b work 2..3 ^shared
      b lost 2..3 ^nobody
      b loop 2..3 #loop ^loop
    `);
    expect(server?.spanId).toBe(client?.spanId);
    expect(child?.parentSpanId).toBe(client?.spanId);
    expect(orphan?.parentSpanId).toMatch(/^f0{14}/);
    expect(loop?.parentSpanId).toBe(loop?.spanId);
  });

  it('begins another trace at a line of dashes, with span ids of its own', () => {
    const [one, two] = draw('a x 0..1\n---\na x 0..1');
    expect(one?.traceId).not.toBe(two?.traceId);
    expect(one?.spanId).not.toBe(two?.spanId);
    expect(two?.parentSpanId).toBeUndefined();
  });

  it('refuses a line that it does not understand', () => {
    expect(() => draw('a x')).toThrow('No time');
    expect(() => draw('a x 0..1 what')).toThrow('No mark');
    expect(() => draw('a x 0..1 *event')).toThrow('milliseconds');
    expect(() => draw('a x |  |')).toThrow('empty');
  });
});
