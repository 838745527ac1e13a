import { expect, test } from 'vitest';
import { alertAbout, incidentNotesContract, noteOf } from '../contracts/incident-notes.ts';
import { makeNotes } from './make-notes.ts';
import { strictPagerDuty } from './strict-pagerduty.ts';

const token = 'pd-secret-token';
const from = 'causeway@example.com';
const signal = new AbortController().signal;
const start = async () => {
  const server = await strictPagerDuty({ token, users: [from], incidents: { Q1: {} } });
  return {
    server,
    notes: makeNotes('pagerduty', { token, from, url: server.url }),
    alert: alertAbout('pagerduty', 'Q1'),
    texts: () => server.notes('Q1'),
    annotate: (text: string) => server.annotate('Q1', text),
  };
};

incidentNotesContract({ title: 'PagerDuty', secret: token, start, writes: ({ method }) => method === 'POST' });

test('PagerDuty wants to know in whose name, and is told what is wrong with it', async () => {
  const { server, alert } = await start();
  const stranger = makeNotes('pagerduty', { token, from: 'nobody@example.com', url: server.url });
  await expect(stranger.write(alert, noteOf('first'), signal)).rejects.toMatchObject({
    message: 'PagerDuty refused it (400): Requester User Not Found.',
    hint: expect.stringContaining('PAGERDUTY_FROM'),
  });
  await expect(stranger.check?.(signal)).rejects.toMatchObject({ hint: expect.stringContaining('PAGERDUTY_FROM') });
  expect(() => makeNotes('pagerduty', { token })).toThrow(/from:/);
  await server.close();
});

test('an incident that is full says so', async () => {
  const { server, notes, alert, annotate } = await start();
  for (let at = 0; at < 2_000; at += 1) annotate(`note ${at}`);
  await expect(notes.write(alert, noteOf('first'), signal)).rejects.toThrow('Simple Log Entry Limit Reached');
  expect(await notes.holds?.(alert, noteOf('first').key, signal)).toBe(false);
  await server.close();
});

test('an answer that PagerDuty does not document is told, not believed', async () => {
  const { strictServer } = await import('./strict-server.ts');
  const server = await strictServer(() => ({ status: 200, body: 'Please log in' }));
  const notes = makeNotes('pagerduty', { token, from, url: server.url });
  await expect(notes.write(alertAbout('pagerduty', 'Q1'), noteOf('first'), signal)).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('not what it documents'),
  });
  await server.close();
});
