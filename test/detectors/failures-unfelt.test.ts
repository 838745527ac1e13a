import { expect, test } from 'vitest';
import { seenBy, times, viewOf } from './seen.ts';

const healthy = `
shop  GET /page        server  0..60
  shop  GET            client  2..12   server.address=ads http.request.method=GET url.full=http://ads/banner
    ads  GET /banner   server  3..11
`;
const swallowed = (end: number) => `
shop  GET /page        server  0..${end + 48}
  shop  GET            client  2..${end}  server.address=ads http.request.method=GET url.full=http://ads/banner !
    ads  GET /banner   server  3..${end - 1}  !"no banner" http.response.status_code=500
`;

test('D14 tells of a failure that no request fails by, and what it costs', () => {
  const [finding] = seenBy('D14', viewOf(times(12, swallowed(80), 's'), times(30, healthy, 'b')));
  expect(finding).toMatchObject({
    mechanism: 'swallowed-error',
    component: { kind: 'operation', service: 'ads', operation: 'GET /banner' },
    role: 'cause',
    support: 12,
  });
  const cost = finding?.evidence.find(({ claim }) => claim === 'swallowed.cost');
  expect(cost?.values).toMatchObject({ time: { value: 76_000 }, share: { unit: 'ratio' } });
});

test('D14 mentions what costs next to nothing without accusing anybody', () => {
  const cheap = swallowed(5);
  expect(seenBy('D14', viewOf(times(12, cheap, 's'), times(30, healthy, 'b')))).toMatchObject([{ role: 'context' }]);
});

test('D14 is silent about failures that always were, and leaves those that requests fail by to D10', () => {
  expect(seenBy('D14', viewOf(times(12, swallowed(80), 's'), times(30, swallowed(80), 'b')))).toEqual([]);
  const failing = swallowed(80).replace('server  0..128', 'server  0..128 ! http.response.status_code=500');
  const view = viewOf(times(12, failing, 's'), times(30, healthy, 'b'));
  expect(seenBy('D14', view)).toEqual([]);
  expect(seenBy('D10', view)).toMatchObject([{ mechanism: 'error', component: { service: 'ads' } }]);
});

test('D14 takes a refused request for an answer, however long it took', () => {
  const refused = swallowed(80)
    .replace('url.full=http://ads/banner !', 'url.full=http://ads/banner http.response.status_code=409 !')
    .replace('!"no banner" http.response.status_code=500', 'http.response.status_code=409');
  expect(seenBy('D14', viewOf(times(12, refused, 's'), times(30, healthy, 'b')))).toMatchObject([{ role: 'context' }]);
});

const tried = (pause: number, last = '') => `
shop  GET /page        server  0..${80 + pause}
  shop  GET            client  2..12  server.address=ads http.request.method=GET url.full=http://ads/banner !"reset"
  shop  GET            client  ${20 + pause}..${30 + pause}  server.address=ads http.request.method=GET url.full=http://ads/banner ${last}
    ads  GET /banner   server  ${21 + pause}..${29 + pause}
`;

test('D12 tells of a call that was tried until it worked, and of the time that it lost', () => {
  const [finding] = seenBy('D12', viewOf(times(12, tried(200), 's'), times(30, healthy, 'b')));
  expect(finding).toMatchObject({
    mechanism: 'error',
    component: { kind: 'edge', from: 'shop', to: 'ads' },
    role: 'cause',
    support: 12,
  });
  expect(finding?.evidence.map(({ claim }) => claim)).toEqual(['retry.chain', 'retry.outcome', 'error.message']);
  expect(finding?.evidence[2]?.values).toEqual({ message: { unit: 'name', value: 'reset' } });
  expect(finding?.evidence[0].values).toMatchObject({ attempts: { value: 2 }, lost: { value: 218_000 } });
  expect(finding?.evidence[0].spanIds).toHaveLength(2);
  expect(finding?.evidence[1]?.values).toMatchObject({ masked: { value: 12 }, calls: { value: 12 } });
});

test('D12 calls attempts that were given up on a timeout, and leaves the first word to D11', () => {
  const unanswered = tried(200).replace('!"reset"', '!"no answer within 10 ms" error.type=TimeoutError');
  const view = viewOf(times(12, unanswered, 's'), times(30, healthy, 'b'));
  const [chain] = seenBy('D12', view);
  const [silence] = seenBy('D11', view);
  expect(chain).toMatchObject({ mechanism: 'timeout', component: { kind: 'edge', from: 'shop', to: 'ads' } });
  expect(chain?.evidence.map(({ claim }) => claim)).toEqual(['retry.chain', 'retry.outcome']);
  expect(silence).toMatchObject({ mechanism: 'timeout', component: { kind: 'service', service: 'ads' } });
  expect(chain?.strength).toBeLessThan(silence?.strength ?? 0);
});

test('D12 accuses nobody of retries that failed in the end, or that took no time', () => {
  const exhausted = tried(200, '!"reset"');
  expect(seenBy('D12', viewOf(times(12, exhausted, 's'), times(30, healthy, 'b')))).toMatchObject([
    { role: 'context' },
  ]);
});

test('D12 is silent about retries that always were, calls with other arguments, and challenges', () => {
  expect(seenBy('D12', viewOf(times(12, tried(200), 's'), times(30, tried(200), 'b')))).toEqual([]);
  const fanOut = tried(200).replace('url.full=http://ads/banner !"reset"', 'url.full=http://ads/other !"reset"');
  expect(seenBy('D12', viewOf(times(12, fanOut, 's'), times(30, healthy, 'b')))).toEqual([]);
  const challenged = tried(200).replace('!"reset"', 'http.response.status_code=401 !');
  expect(seenBy('D12', viewOf(times(12, challenged, 's'), times(30, healthy, 'b')))).toEqual([]);
});
