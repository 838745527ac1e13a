import { expect, test } from 'vitest';
import { seenBy, times, viewOf } from './seen.ts';

test('D27 reads a trace with twenty thousand looks as fast as twenty thousand traces', () => {
  const many = (hits: boolean) =>
    `\nshelf  GET /books  server  0..90000\n${Array.from(
      { length: 10_000 },
      (_, i) =>
        `  shelf  GET  client  ${i * 8}..${i * 8 + 1}  db.system.name=redis db.operation.name=GET server.address=cache\n  shelf  ${hits ? 'tick' : 'SELECT books'}  client  ${i * 8 + 2}..${i * 8 + 4}  ${hits ? 'server.address=clock' : 'db.system.name=postgresql db.query.summary="SELECT books"'}`,
    ).join('\n')}\n`;
  const view = viewOf(times(1, many(false), 's'), times(1, many(true), 'b'));
  expect(seenBy('D27', view)).toMatchObject([{ mechanism: 'cache-miss', support: 1 }]);
});
