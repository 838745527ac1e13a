import { expect, test } from 'vitest';
import { seenBy, times, viewOf } from './seen.ts';

const page = (inner: string, outer = '! http.response.status_code=502', door = '1', desk = '1') => `
door  GET /page    server  0..40  ${outer}  resource.service.version=${door}
  door  GET        client  2..38  server.address=desk  ${outer && '! http.response.status_code=500'} resource.service.version=${door}
    desk  GET /seat  server  3..36  ${inner}  resource.service.version=${desk}
`;
const healthy = times(30, page('', ''), 'b');
const origin = (drawing: string) => seenBy('D10', viewOf(times(12, drawing, 's'), healthy))[0];
const claims = (drawing: string) => origin(drawing)?.evidence.map(({ claim }) => claim);

test.each<readonly [string, string, string]>([
  ['the exception before the status', 'boom', '!"status" *exception@9{"exception.message":"boom"}'],
  ['no other event', 'status', '!"status" *log@9{"exception.message":"boom"}'],
  ['the exception among other events', 'boom', '!"status" *log@8 *exception@9{"exception.message":"boom"}'],
  ['the status where the exception says nothing', 'status', '!"status" *exception@9{"exception.type":"E"}'],
  ['the status before the code', 'status', '!"status" http.response.status_code=500'],
  ['the code where nothing is said', '500', '! http.response.status_code=500 error.type=E'],
  ['the code where an empty word is said', '500', '!"" http.response.status_code=500'],
  ['the status of an RPC', 'INTERNAL', '! rpc.system.name=grpc rpc.response.status_code=INTERNAL error.type=E'],
  ['the code of a store', '40001', '! db.response.status_code=40001 error.type=E'],
  ['the sort of error', 'E', '! error.type=E'],
  ['two hundred characters', 'x'.repeat(200), `!"${'x'.repeat(300)}"`],
])('a failure is told in its own words: %s', (_, said, marks) => {
  const finding = origin(page(marks));
  expect(finding?.component).toEqual({ kind: 'operation', service: 'desk', operation: 'GET /seat' });
  expect(finding?.evidence[1]).toMatchObject({
    claim: 'error.message',
    values: { message: { unit: 'name', value: said } },
  });
});

test('a failure that says nothing is quoted with nothing', () => {
  expect(claims(page('!'))).toEqual(['error.origin']);
});

test('a failure is told with the version of whoever is at fault, and of nobody else', () => {
  expect(claims(page('!', undefined, '1', '2'))).toEqual(['error.origin', 'version.changed']);
  expect(claims(page('!', undefined, '2', '1'))).toEqual(['error.origin']);
});

/** The call fails; the callee, where its span is there, saw nothing wrong. */
const broken = (callee: boolean, desk = '1', door = '1') => `
door  GET /page    server  0..40  ! http.response.status_code=502 resource.service.version=${door}
  door  GET        client  2..38  server.address=desk  ! http.response.status_code=500 resource.service.version=${door}
${callee ? `    desk  GET /seat  server  3..36  resource.service.version=${desk}` : ''}
`;

test('a failed call whose callee says nothing of it is told of the callee, with its operation and its version', () => {
  const finding = origin(broken(true, '2'));
  expect(finding).toMatchObject({ component: { kind: 'operation', service: 'desk', operation: 'GET /seat' } });
  expect(finding?.evidence.map(({ claim }) => claim)).toEqual(['error.origin', 'error.message', 'version.changed']);
  expect(claims(broken(true, '1', '2'))).toEqual(['error.origin', 'error.message']);
});

test('a failed call without a span of its callee is told of the callee, without a version', () => {
  const finding = origin(broken(false, '1', '2'));
  expect(finding).toMatchObject({ component: { service: 'desk', operation: 'GET' } });
  expect(finding?.evidence.map(({ claim }) => claim)).toEqual(['error.origin', 'error.message']);
});

test('a failure of somebody who sends no spans is told of the edge', () => {
  const asked = (mark: string) => `
door  GET /page    server  0..40  ${mark}
  door  GET /rate  client  2..38  server.address=bank.example  ${mark}
`;
  const view = viewOf(times(12, asked('! http.response.status_code=500'), 's'), times(30, asked(''), 'b'));
  expect(seenBy('D10', view)).toMatchObject([
    { component: { kind: 'edge', from: 'door', to: 'bank.example' }, strength: 0.91, specificity: 1, support: 12 },
  ]);
});

test('a failure is trusted less where it was there before, by how often', () => {
  const some = [...times(24, page('', ''), 'b'), ...times(6, page('!'), 'c')];
  const [finding] = seenBy('D10', viewOf(times(20, page('!'), 's'), some));
  expect(finding).toMatchObject({ specificity: 0.8, support: 20 });
  expect(finding?.evidence[0].counts).toEqual({ with: 20, of: 20, baselineWith: 6, baselineOf: 30 });
});

test('without a past a failure that requests fail by weighs more than one that is put up with', () => {
  expect(seenBy('D10', viewOf(times(3, page('!'))))).toMatchObject([{ strength: 0.8, specificity: 1 }]);
  expect(seenBy('D14', viewOf(times(3, page('!"no"', ''))))).toMatchObject([{ strength: 0.3, specificity: 1 }]);
});
