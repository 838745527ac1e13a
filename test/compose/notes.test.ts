import { expect, test } from 'vitest';
import { notesCheck, openNotes, withNotes } from '../../src/compose/notes.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { heldClock } from '../alerts/make-source.ts';
import { alertAbout } from '../contracts/incident-notes.ts';
import { quiet } from '../investigation/parts.ts';
import { strictPagerDuty } from '../notes/strict-pagerduty.ts';

const configOf = (notes: Config['notes'], environment: Record<string, string> = {}): Config => ({
  ...readConfig(environment),
  notes,
});
const opened = (notes: Config['notes'], environment: Record<string, string> = {}) =>
  openNotes(configOf(notes, environment), heldClock());
const pagerDuty = { PAGERDUTY_API_TOKEN: 'tops3cret', PAGERDUTY_FROM: 'bot@example.com' };

test('without a token nothing is written anywhere, and a token alone is for reading', () => {
  expect(opened({})).toEqual([]);
  expect(opened({}, { PAGERDUTY_API_TOKEN: 'tops3cret' })).toEqual([]);
});

test('the environment is enough for PagerDuty, and the file adds to it or wins', () => {
  expect(opened({}, pagerDuty).map(({ name }) => name)).toEqual(['pagerduty']);
  const [place] = opened({ pagerduty: { sources: ['pagerduty-eu'] } }, pagerDuty);
  expect(place?.takes(alertAbout('pagerduty-eu', 'Q1'))).toBe(true);
  expect(place?.takes(alertAbout('pagerduty', 'Q1'))).toBe(false);
});

test('several places stand beside each other under names of their own', () => {
  const webhook = { kind: 'webhook', url: 'https://example.com', secret: 'long enough for a secret' };
  const places = opened({ tickets: webhook, wall: webhook, 'incident-io': { token: 'x' }, opsgenie: { token: 'y' } });
  expect(places.map(({ name }) => name)).toEqual(['tickets', 'wall', 'incident-io', 'opsgenie']);
});

test('a trial run leaves no notes', () => {
  expect(opened({ opsgenie: { token: 'y' } }, { ...pagerDuty, CAUSEWAY_SHADOW: '#trial' })).toEqual([]);
});

test.each([
  [{ pagerduty: { token: 'tops3cret' } }, /from/, /Known names are token, from, url, sources/],
  [{ pagerduty: { token: 'tops3cret', from: 'nobody' } }, /from/, /notes\.pagerduty/],
  [{ slack: {} }, /no kind of place for notes called slack/, /pagerduty, incident-io, opsgenie, webhook/],
  [{ hook: { kind: 'webhook', url: 'ftp://x', secret: 'tops3cret-tops3cret' } }, /url/, /notes\.hook/],
])('%j is told with what is known, and without its secrets', (notes, message, hint) => {
  const act = () => opened(notes);
  expect(act).toThrow(
    expect.objectContaining({
      kind: 'misconfigured',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    }),
  );
  expect(act).not.toThrow(/tops3cret/);
});

test('a name to write in without a token is told at the start', () => {
  expect(() => readConfig({ PAGERDUTY_FROM: 'bot@example.com' })).toThrow(/PAGERDUTY_FROM/);
});

test('an alert that joins another’s investigation asks for a note of its own, and is taken in whatever becomes of that', async () => {
  const asked: string[] = [];
  const accepting = (outcome: 'joined' | 'opened' | 'duplicate') => ({
    alert: async () => ({ investigation: 'leader', outcome }),
    ask: () => Promise.reject(new Error('nobody asks')),
  });
  const noteBack = {
    queue: async () => {},
    write: async () => {},
    queueBeside: async (investigation: string, { id }: { readonly id: string }, again?: 'again') => {
      asked.push(`${investigation} ${id}${again === undefined ? '' : ' again'}`);
      if (id === 'Q2') throw new Error('the disk is full');
    },
  };
  const way = (outcome: 'joined' | 'opened' | 'duplicate') => withNotes(accepting(outcome), noteBack, quiet);
  for (const id of ['Q1', 'Q2']) {
    const acceptance = await way('joined').alert(alertAbout('pagerduty', id));
    expect(acceptance).toEqual({ investigation: 'leader', outcome: 'joined' });
  }
  await way('opened').alert(alertAbout('pagerduty', 'Q3'));
  await way('duplicate').alert(alertAbout('pagerduty', 'Q1'));
  expect(asked).toEqual(['leader Q1', 'leader Q2', 'leader Q1 again']);
});

test('the doctor tells of each place whether a note could be written', async () => {
  const rest = await strictPagerDuty({ token: 'tops3cret', users: ['bot@example.com'], incidents: {} });
  const look = (notes: Config['notes'], environment: Record<string, string> = {}) =>
    notesCheck(configOf(notes, environment), heldClock()).look(new AbortController().signal);
  expect(await look({})).toMatchObject([{ name: 'Notes', status: 'ok' }]);
  const tickets = { kind: 'webhook', url: 'https://example.com', secret: 'long enough for a secret' };
  expect(await look({ tickets }, { ...pagerDuty, PAGERDUTY_API_URL: rest.url })).toMatchObject([
    { name: 'Notes to tickets (webhook)', status: 'ok' },
    { name: 'Notes to PagerDuty', status: 'ok' },
  ]);
  expect(
    await look({}, { ...pagerDuty, PAGERDUTY_API_URL: rest.url, PAGERDUTY_FROM: 'nobody@example.com' }),
  ).toMatchObject([{ status: 'failed', hint: expect.stringContaining('PAGERDUTY_FROM') }]);
  await rest.close();
});
