import { expect, test } from 'vitest';
import { alertAbout, incidentNotesContract, noteOf } from '../contracts/incident-notes.ts';
import { makeNotes } from './make-notes.ts';
import { strictIncidentIo } from './strict-incident-io.ts';

const token = 'inc-secret-token';
const signal = new AbortController().signal;
/** As its reader shows it: two blanks at the end of a line are the markdown of a line's end. */
const shown = (message: string) => message.replaceAll('  \n', '\n');
const start = async () => {
  const server = await strictIncidentIo(token, ['01INC']);
  return {
    server,
    notes: makeNotes('incident-io', { token, url: server.url }),
    alert: alertAbout('incident-io', 'incident 01INC'),
    texts: () => server.messages('01INC').map(shown),
  };
};

incidentNotesContract({ title: 'incident.io', secret: token, start, writes: ({ method }) => method === 'POST' });

test('alerts that became no incident take no update', async () => {
  const { server, notes } = await start();
  expect(notes.takes(alertAbout('incident-io', 'alert 01ALERT'))).toBe(false);
  await server.close();
});

test('a second try under the same key shares nothing twice', async () => {
  const { server, notes, alert, texts } = await start();
  await notes.write(alert, noteOf('first'), signal);
  await notes.write(alert, noteOf('first'), signal);
  expect(texts()).toHaveLength(1);
  await server.close();
});
