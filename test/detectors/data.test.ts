import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { seenBy, times, viewOf } from './seen.ts';

const read = (user: string, rows: number) => `
desk  GET /customers       server  0..${20 + rows / 10}  user.id=${user}
  desk  SELECT customers   client  2..${15 + rows / 10}  db.system.name=postgresql db.namespace=crm db.collection.name=customers db.query.summary="SELECT customers" db.response.returned_rows=${rows}
`;
const readers = ['ann', 'ben', 'cem'].flatMap((user) => times(10, read(user, 5), user));

test('D28 tells who reads far more than anybody else, and hides the name behind its unit', () => {
  const findings = seenBy(
    'D28',
    viewOf([...readers, ...times(8, read('eve', 4_000), 'e')], times(30, read('ann', 5), 'b')),
  );
  expect(findings).toMatchObject([
    { role: 'context', component: { service: 'desk', operation: 'customers' }, support: 8 },
  ]);
  expect(findings[0]?.evidence[0]).toMatchObject({
    claim: 'audit.rows',
    values: { actor: { unit: 'personal', value: 'eve' }, rows: { value: 32_000 }, usual: { value: 5 } },
  });
});

test('D28 is silent when everybody reads alike, and when nobody is named', () => {
  expect(seenBy('D28', viewOf(readers, times(30, read('ann', 5), 'b')))).toEqual([]);
  const nameless = times(8, read('eve', 4_000).replace('user.id=eve', ''), 'e');
  expect(seenBy('D28', viewOf(nameless, times(30, read('ann', 5), 'b')))).toEqual([]);
});

const tenant = (own: string, data: string) => `
desk  GET /invoices      server  0..20  tenant.id=${own} user.id=u1
  desk  SELECT invoices  client  2..15  tenant.id=${data} db.system.name=postgresql db.query.summary="SELECT invoices"
`;

test('D28 sees a request of one tenant reach data of another', () => {
  const view = viewOf([...times(10, tenant('blue', 'blue'), 's'), ...times(2, tenant('blue', 'red'), 'x')]);
  const [finding] = seenBy('D28', view);
  expect(finding).toMatchObject({ component: { service: 'desk', operation: 'SELECT invoices' }, support: 2 });
  expect(finding?.evidence[0].values).toMatchObject({
    tenant: { unit: 'personal', value: 'blue' },
    other: { unit: 'personal', value: 'red' },
  });
  expect(seenBy('D28', viewOf(times(10, tenant('blue', 'blue'), 's')))).toEqual([]);
});

const call = (answered: boolean) => `
a  GET /x      server  0..40
  a  GET /y    client  2..38   server.address=b.example
${answered ? '    b  GET /y  server  4..36' : ''}
`;

test('D29 tells of a callee whose spans stopped coming, and not of one that never sent any', () => {
  const findings = seenBy('D29', viewOf(times(12, call(false), 's'), times(30, call(true), 'b')));
  expect(findings).toMatchObject([{ role: 'context', component: { kind: 'edge', from: 'a', to: 'b' }, support: 12 }]);
  expect(findings[0]?.evidence[0].claim).toBe('quality.silent');
  expect(seenBy('D29', viewOf(times(12, call(false), 's'), times(30, call(false), 'b')))).toEqual([]);
});

test('D29 counts spans that lost their parents, but not the leaves that Node leaves behind', () => {
  const lost = (spans: readonly SpanRecord[]) => spans.filter((span) => span.kind !== 'client');
  const [finding] = seenBy('D29', viewOf(lost(times(12, call(true), 's')), times(30, call(true), 'b')));
  expect(finding).toMatchObject({ component: { kind: 'service', service: 'b' }, support: 12, strength: 1 });
  expect(finding?.evidence[0].values).toMatchObject({ lost: { value: 12 }, of: { value: 12 } });
  const leaf = `${call(true)}  a  tcp.connect  internal  3..4  ^never\n`;
  expect(seenBy('D29', viewOf(times(12, leaf, 's'), times(30, call(true), 'b')))).toEqual([]);
});

test('D29 tells of clocks that contradict each other', () => {
  const off = (spans: readonly SpanRecord[]) =>
    spans.map((span) =>
      span.service === 'b' ? { ...span, start: span.start + 90_000, end: span.end + 90_000 } : span,
    );
  const [finding] = seenBy('D29', viewOf(off(times(12, call(true), 's')), off(times(30, call(true), 'b'))));
  expect(finding?.evidence[0]).toMatchObject({
    claim: 'quality.skew',
    values: { from: { value: 'a' }, to: { value: 'b' } },
  });
  expect(finding?.evidence[0].values.offset).toMatchObject({ unit: 'us' });
  expect(seenBy('D29', viewOf(times(12, call(true), 's'), times(30, call(true), 'b')))).toEqual([]);
});

test('D29 tells that the requests are a sample where they say so, and that no share follows where only some do', () => {
  const kept = (spans: readonly SpanRecord[], probability: number) => spans.map((span) => ({ ...span, probability }));
  const healthy = times(30, call(true), 'b');
  const sampled = [...kept(times(8, call(true), 's'), 0.125), ...kept(times(4, call(true), 't'), 0.5)];
  const [finding] = seenBy('D29', viewOf(sampled, healthy));
  expect(finding).toMatchObject({ role: 'context', component: { kind: 'service', service: 'a' }, support: 12 });
  expect(finding?.evidence[0]).toMatchObject({
    claim: 'quality.sampled',
    values: { of: { value: 12 }, least: { value: 0.125 }, most: { value: 0.5 } },
  });
  const partly = [...kept(times(8, call(true), 's'), 0.125), ...times(4, call(true), 't')];
  expect(seenBy('D29', viewOf(partly, healthy))[0]?.evidence[0]).toMatchObject({
    claim: 'quality.sampled-partly',
    values: { known: { value: 8 }, of: { value: 12 } },
  });
  expect(seenBy('D29', viewOf(kept(times(12, call(true), 's'), 1), healthy))).toEqual([]);
});

const guarded = (steps: string, user = 'ann', address = '198.51.100.4') => `
desk  GET /files        server  0..40  user.id=${user}  client.address=${address}
${steps}  desk  SELECT files    client  22..30  db.system.name=postgresql db.namespace=crm db.collection.name=files db.query.summary="SELECT files"
`;
const checked = guarded(
  '  desk  GET              client  2..12  server.address=auth\n    auth  GET /permissions server  3..11\n',
);

test('D28 tells of data that was reached without the check that such requests always pass', () => {
  const view = viewOf([...times(12, checked, 's'), ...times(3, guarded(''), 'x')], times(30, checked, 'b'));
  const [finding, ...others] = seenBy('D28', view);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ detector: 'D28 unauthorised-access', role: 'context', support: 3 });
  expect(finding?.evidence[0]).toMatchObject({
    claim: 'audit.unauthorised',
    values: { service: { value: 'desk' }, kept: { value: 30 }, of: { value: 30 }, requests: { value: 3 } },
  });
});

test('D28 knows no such rule from a few requests, nor where some always went without', () => {
  const now = [...times(12, checked, 's'), ...times(3, guarded(''), 'x')];
  expect(seenBy('D28', viewOf(now, times(10, checked, 'b')))).toEqual([]);
  expect(seenBy('D28', viewOf(now, [...times(30, checked, 'b'), ...times(3, guarded(''), 'c')]))).toEqual([]);
  expect(seenBy('D28', viewOf(times(12, checked, 's'), times(30, checked, 'b')))).toEqual([]);
});

test('D28 tells when the account that is looked into comes from where it never came from', () => {
  const from = (rows: number, address: string) =>
    `${read('eve', rows)}`.replace('user.id=eve', `user.id=eve client.address=${address}`);
  const before = [...times(20, read('ann', 5), 'b'), ...times(6, from(5, '198.51.100.7'), 'e')];
  const seen = (address: string) =>
    seenBy('D28', viewOf([...readers, ...times(8, from(4_000, address), 'x')], before)).map(({ detector }) => detector);
  expect(seen('203.0.113.9')).toEqual(['D28 audit', 'D28 unusual-origin']);
  expect(seen('198.51.100.7')).toEqual(['D28 audit']);
});
