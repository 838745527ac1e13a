import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { seenBy, times, viewOf } from './seen.ts';

const STORE = 'db.system.name=postgresql db.namespace=crm db.query.summary="SELECT files"';
const guard = (name: string, service = 'auth') =>
  `  desk  GET              client  2..12  server.address=${service}\n    ${service}  ${name} server  3..11\n`;
const files = (steps: string, route = 'GET /files', query = 'SELECT files') => `
desk  ${route}        server  0..40
${steps}  desk  ${query}    client  22..30  ${STORE}
`;
const checked = files(guard('GET /permissions'));
const audit = (suspects: readonly SpanRecord[], baseline: readonly SpanRecord[]) =>
  seenBy('D28', viewOf(suspects, baseline));
const without = times(3, files(''), 'x');

test('D28 knows a rule from twenty healthy requests on that (nearly) all kept', () => {
  const told = (count: number, broke: number) =>
    audit(without, [...times(count, checked, 'b'), ...times(broke, files(''), 'c')]).map(
      ({ strength, specificity }) => [strength, specificity],
    );
  expect(told(19, 0)).toEqual([]);
  expect(told(20, 0)).toEqual([[0.85, 1]]);
  expect(told(99, 1)).toEqual([[0.97, 0.99]]);
  expect(told(98, 1)).toEqual([]);
});

test.each<readonly [string, boolean]>([
  ['GET /permissions', true],
  ['check policy', true],
  ['check policies', true],
  ['POST /oauth/introspect', true],
  ['verify access-control', true],
  ['GET /session', true],
  ['validate jwt', true],
  ['GET /iam', true],
  ['GET /acl', true],
  ['saml assertion', true],
  ['GET /authors', false],
  ['GET /author', false],
  ['GET /miami', false],
  ['GET /seats', false],
])('D28 takes "%s" for a guard: %s', (name, guards) => {
  const drawing = files(guard(name, 'gate'));
  expect(audit(without, times(30, drawing, 'b')).length > 0).toBe(guards);
});

test('D28 tells of each route by its own guard, and leaves out who reached nothing or who passed it', () => {
  const list = (steps: string) => files(steps, 'GET /list');
  const before = [...times(30, checked, 'b'), ...times(30, list(guard('GET /session')), 'c')];
  const nothing = '\ndesk  GET /files  server  0..40\n';
  const window = [
    ...times(2, list(''), 'y'),
    ...without,
    ...times(4, nothing, 'n'),
    ...times(9, checked, 's'),
    ...times(2, list(guard('GET /permissions')), 'z'),
    ...times(2, files('', 'GET /other'), 'o'),
  ];
  expect(audit(window, before).map(({ support, evidence }) => [support, evidence[0].values.guard?.value])).toEqual([
    [3, 'auth GET /permissions'],
    [4, 'auth GET /session'],
  ]);
});

test('D28 takes the guard that was passed most, and of equals the first by name', () => {
  const two = files(guard('GET /permissions') + guard('GET /session', 'users'));
  const guardOf = (baseline: readonly SpanRecord[]) =>
    audit(without, baseline).map(({ evidence }) => [evidence[0].values.guard?.value, evidence[0].values.kept?.value]);
  expect(guardOf(times(30, two, 'b'))).toEqual([['auth GET /permissions', 30]]);
  expect(guardOf([...times(99, two, 'b'), ...times(1, files(guard('GET /session', 'users')), 'c')])).toEqual([
    ['users GET /session', 100],
  ]);
});

test('D28 tells where data was reached first, and does not count healthy requests that reached none', () => {
  const twice = files('').replace(
    /\n$/,
    `\n  desk  SELECT notes    client  31..35  ${STORE.replace('files', 'notes')}\n`,
  );
  const [finding] = audit(times(3, twice, 'x'), [
    ...times(30, checked, 'b'),
    ...times(9, '\ndesk  GET /files  server  0..40\n', 'n'),
  ]);
  expect(finding).toMatchObject({ component: { service: 'desk', operation: 'SELECT files' }, support: 3 });
  expect(finding?.evidence[0].values).toMatchObject({
    target: { value: 'SELECT files' },
    kept: { value: 30 },
    of: { value: 30 },
    bound: { value: 0.1 },
  });
});

const tenant = (own: string, data: string, key = 'tenant.id', table = 'invoices') => `
desk  GET /invoices      server  0..20  ${own && `${key}=${own}`}
  desk  SELECT ${table}  client  2..15  ${data && `${key}=${data}`} db.system.name=postgresql db.query.summary="SELECT ${table}"
  desk  format           internal  15..18  ${key}=green
`;
const foreign = (...drawings: readonly string[]) =>
  seenBy('D28', viewOf(drawings.flatMap((drawing, i) => times(2, drawing, `s${i}`)))).map(
    ({ component, support, evidence: [{ values }] }) => [component, support, values.tenant?.value, values.other?.value],
  );

test.each(['tenant.id', 'app.tenant.id', 'tenant_id', 'customer.tenant'])('D28 knows tenants by %s', (key) => {
  expect(foreign(tenant('blue', 'red', key))).toEqual([
    [{ kind: 'operation', service: 'desk', operation: 'SELECT invoices' }, 2, 'blue', 'red'],
  ]);
});

test('D28 takes neither an unknown tenant for a foreign one, nor an empty name, nor what touches no data', () => {
  expect(foreign(tenant('', 'red'), tenant('blue', ''), tenant('blue', 'blue'))).toEqual([]);
  expect(foreign(tenant('""', 'red'), tenant('blue', '""'))).toEqual([]);
});

test('D28 tells of foreign data by where it was read, with whoever asked for it', () => {
  const asked = tenant('blue', 'red', 'tenant.id', 'notes').replace('tenant.id=blue', 'tenant.id=blue user.id=u1');
  expect(
    foreign(tenant('blue', 'red'), asked, tenant('pink', 'red')).map(([, support, own]) => [support, own]),
  ).toEqual([
    [4, 'blue'],
    [2, 'blue'],
  ]);
  const [finding] = seenBy('D28', viewOf(times(2, asked, 's')));
  expect(finding?.evidence.map(({ claim }) => claim)).toEqual(['audit.tenant', 'audit.actor']);
  expect(finding?.evidence[1]?.values).toEqual({ actor: { unit: 'personal', value: 'u1' } });
});

test('D28 tells of foreign data in the window only', () => {
  expect(audit(times(3, tenant('blue', 'blue'), 's'), times(3, tenant('blue', 'red'), 'b'))).toEqual([]);
});
