import { expect, test } from 'vitest';
import { seenBy, times, viewOf } from './seen.ts';

const visit = (first: readonly [number, number], second: readonly [number, number], end: number) => `
page  GET /home        server  0..${end}
  page  GET            client  ${first[0]}..${first[1]}   server.address=news
    news  GET /news    server  ${first[0] + 1}..${first[1] - 1}
  page  GET            client  ${second[0]}..${second[1]}  server.address=mail
    mail  GET /inbox   server  ${second[0] + 1}..${second[1] - 1}
`;
const parallel = visit([5, 55], [6, 56], 70);
const serial = visit([5, 55], [57, 107], 120);

test('D20 sees calls that ran side by side wait for each other', () => {
  const [finding] = seenBy('D20', viewOf(times(12, serial, 's'), times(20, parallel, 'b')));
  expect(finding).toMatchObject({
    mechanism: 'concurrency-regression',
    component: { kind: 'operation', service: 'page', operation: 'GET /home' },
    role: 'cause',
    support: 12,
    specificity: 1,
  });
  expect(finding?.evidence[0].values).toMatchObject({
    calls: { value: 2 },
    now: { value: 100_000 },
    usual: { value: 51_000 },
  });
});

test('D20 is silent about calls that always came one by one, and about one call that became slow', () => {
  expect(seenBy('D20', viewOf(times(12, serial, 's'), times(20, serial, 'b')))).toEqual([]);
  expect(seenBy('D20', viewOf(times(12, parallel, 's'), times(20, parallel, 'b')))).toEqual([]);
  const slowOne = visit([5, 55], [6, 506], 520);
  expect(seenBy('D20', viewOf(times(12, slowOne, 's'), times(20, parallel, 'b')))).toEqual([]);
});

test('D20 is silent about more calls than before, about little time, and without a healthy window', () => {
  const more = `${serial}  page  GET  client  108..158  server.address=ads\n  page  GET  client  159..209  server.address=ads\n`;
  expect(seenBy('D20', viewOf(times(12, more, 's'), times(20, parallel, 'b')))).toEqual([]);
  const brief = visit([5, 7], [8, 10], 20);
  expect(seenBy('D20', viewOf(times(12, brief, 's'), times(20, visit([5, 7], [5, 7], 18), 'b')))).toEqual([]);
  expect(seenBy('D20', viewOf(times(12, serial, 's')))).toEqual([]);
  expect(seenBy('D20', viewOf(times(4, serial, 's'), times(20, parallel, 'b')))).toEqual([]);
});
