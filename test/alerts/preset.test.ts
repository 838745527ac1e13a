import { expect, test } from 'vitest';
import { makeSource } from './make-source.ts';

const signal = new AbortController().signal;
const read = (options: object, json: unknown) => {
  const reading = makeSource('datadog', options).read({ headers: {}, body: Buffer.from(JSON.stringify(json)) });
  return 'alerts' in reading ? reading.alerts : reading;
};
const event = { cycle_key: '1', title: 'Queue', transition: 'Triggered', kind: 'fires', date: 1_773_457_925 };

test('a member that a template puts elsewhere is said alone; the others stay where they were', () => {
  expect(read({ fields: { title: 'alert.name' } }, { ...event, alert: { name: 'Mine' } })).toMatchObject([
    { id: '1', title: 'Mine', event: 'triggered', occurredAt: 1_773_457_925_000_000 },
  ]);
});

test('words of a status replace the preset’s, all of them', () => {
  const options = { fields: { status: 'kind' }, status: { triggered: ['fires'] } };
  expect(read(options, event)).toMatchObject([{ event: 'triggered' }]);
  expect(read(options, { ...event, kind: 'Recovered' })).toEqual({ ignored: expect.stringContaining('Recovered') });
});

test('a preset may be signed instead of carrying a token', () => {
  const source = makeSource('datadog', { secrets: 's', signature: { prefix: 'sha256=' } });
  const act = () => source.authenticate({ headers: { 'x-signature': 'sha256=00' }, body: Buffer.from('') }, signal);
  expect(act).toThrow('not signed with a secret we know');
});

test('a header of its own for the token stands in for the sender’s, and ours is taken beside', () => {
  const source = makeSource('honeycomb', { tokens: 't', tokenHeader: 'X-Mine' });
  const carry = (name: string) => () =>
    source.authenticate({ headers: { [name]: 't' }, body: Buffer.from('') }, signal);
  for (const name of ['x-mine', 'x-causeway-token']) expect(carry(name)).not.toThrow();
  expect(carry('x-honeycomb-webhook-token')).toThrow('no token that we know');
});
