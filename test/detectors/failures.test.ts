import { expect, test } from 'vitest';
import { seenBy, times, viewOf } from './seen.ts';

const healthy = `
door  GET /page           server  0..40
  door  GET               client  2..38   server.address=localhost server.port=81
    desk  GET /seat       server  3..36
      desk  GET           client  5..30   server.address=localhost server.port=82
        keys  GET /check  server  6..28
`;

test('D11 follows callers that gave up down to whoever did not answer', () => {
  const stuck = `
door  GET /page           server  0..510  !  http.response.status_code=503
  door  GET               client  2..500  server.address=localhost server.port=81 error.type=TimeoutError !"timed out"
    desk  GET /seat       server  3..501
      desk  GET           client  5..480  server.address=localhost server.port=82 error.type=TimeoutError !"timed out"
        keys  GET /check  server  6..481
`;
  const view = viewOf(times(12, stuck, 's'), times(30, healthy, 'b'));
  expect(seenBy('D11', view)).toMatchObject([
    { mechanism: 'timeout', component: { kind: 'service', service: 'keys' }, role: 'cause', support: 12 },
  ]);
  expect(seenBy('D15', view)).toMatchObject([
    { role: 'effect', component: { service: 'door', operation: 'GET /page' } },
  ]);
});

test('D11 calls a frozen service by its name, though it sent no span', () => {
  const frozen = `
door  GET /page           server  0..510  !  http.response.status_code=503
  door  GET               client  2..508  server.address=localhost server.port=81 http.response.status_code=500 !
    desk  GET /seat       server  3..506  ! http.response.status_code=500
      desk  GET           client  5..500  server.address=localhost server.port=82 error.type=TimeoutError !"timed out"
`;
  const [finding] = seenBy('D11', viewOf(times(12, frozen, 's'), times(30, healthy, 'b')));
  expect(finding).toMatchObject({ mechanism: 'timeout', component: { kind: 'service', service: 'keys' } });
  expect(finding?.evidence.map(({ claim }) => claim)).toEqual(['timeout.gave-up', 'timeout.usual', 'timeout.silence']);
});

test('D10 names the first failure, not the ones that pass it on', () => {
  const broken = `
door  GET /page           server  0..40  !  http.response.status_code=502
  door  GET               client  2..38  server.address=localhost server.port=81 http.response.status_code=500 !
    desk  GET /seat       server  3..36  !"no such column" http.response.status_code=500
      desk  GET           client  5..30  server.address=localhost server.port=82
        keys  GET /check  server  6..28
`;
  const findings = seenBy('D10', viewOf(times(12, broken, 's'), times(30, healthy, 'b')));
  expect(findings).toMatchObject([{ mechanism: 'error', component: { service: 'desk', operation: 'GET /seat' } }]);
  expect(findings[0]?.evidence[1]?.values.message).toEqual({ unit: 'name', value: 'no such column' });
});

test('D10 is silent about failures that always were there', () => {
  const noisy = healthy.replace('5..30   server', '5..30   ! server');
  expect(seenBy('D10', viewOf(times(12, noisy, 's'), times(30, noisy, 'b')))).toEqual([]);
});

test('D10 blames the caller for what it was refused by rule', () => {
  const refused = `
door  GET /page           server  0..40  !  http.response.status_code=500
  door  GET               client  2..38  server.address=localhost server.port=81 http.response.status_code=400 !
    desk  GET /seat       server  3..36  http.response.status_code=400
`;
  const base = healthy.split('\n').slice(0, 4).join('\n');
  const findings = seenBy('D10', viewOf(times(12, refused, 's'), times(30, base, 'b')));
  expect(findings[0]?.component).toMatchObject({ service: 'door' });
});

const attempts = (n: number) =>
  `
door  GET /page      server  0..400
${Array.from({ length: n }, (_, i) => `  door  GET  client  ${5 + i * 60}..${55 + i * 60}  server.address=localhost server.port=81 url.full=http://localhost:81/seat ${i < n - 1 ? '!"reset"' : ''}\n    desk  GET /seat  server  ${6 + i * 60}..${54 + i * 60}`).join('\n')}
`;

test('D13 measures what retries do to the load', () => {
  const [finding] = seenBy('D13', viewOf(times(12, attempts(4), 's'), times(30, attempts(1), 'b')));
  expect(finding).toMatchObject({
    mechanism: 'retry-amplification',
    role: 'amplifier',
    component: { kind: 'edge', from: 'door', to: 'desk' },
  });
  expect(finding?.evidence[0].values).toMatchObject({ factor: { value: 4 }, calls: { value: 4 }, usual: { value: 1 } });
});

test('D13 is silent about calls that repeat without having failed, and about retries that always were', () => {
  const fanOut = attempts(4).replaceAll('!"reset"', '');
  expect(seenBy('D13', viewOf(times(12, fanOut, 's'), times(30, attempts(1), 'b')))).toEqual([]);
  expect(seenBy('D13', viewOf(times(12, attempts(3), 's'), times(30, attempts(3), 'b')))).toEqual([]);
});

test('D10 does not speak of a past that it does not know', () => {
  const page = (mark: string, code: number) => `
door  GET /page     server  0..40  ${mark}  http.response.status_code=${code}
  door  GET         client  2..38  server.address=localhost server.port=81  ${mark}  http.response.status_code=${code}
    desk  GET /seat server  3..36  ${mark}  http.response.status_code=${code}
`;
  const [alone] = seenBy('D10', viewOf(times(3, page('!', 500))))[0]?.evidence ?? [];
  expect(alone?.claim).toBe('error.alone');
  expect(alone?.values).not.toHaveProperty('usualOf');
  const compared = viewOf(times(12, page('!', 500), 's'), times(30, page('', 200), 'b'));
  expect(seenBy('D10', compared)[0]?.evidence[0]).toMatchObject({
    claim: 'error.origin',
    values: { usualOf: { value: 30 } },
  });
});
