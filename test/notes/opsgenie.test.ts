import { expect, test } from 'vitest';
import { alertAbout, incidentNotesContract, noteOf } from '../contracts/incident-notes.ts';
import { makeNotes } from './make-notes.ts';
import { strictOpsgenie } from './strict-opsgenie.ts';

const token = 'genie-secret-token';
const ALERT = '052652ac-5d1c-464a-812a-7dd18bbfba8c-1420452191104';
const signal = new AbortController().signal;
const start = async () => {
  const server = await strictOpsgenie(token, [ALERT]);
  return {
    server,
    notes: makeNotes('opsgenie', { token, url: server.url }),
    alert: alertAbout('opsgenie', ALERT),
    texts: () => server.notes(ALERT),
  };
};

incidentNotesContract({ title: 'Opsgenie', secret: token, start, writes: ({ method }) => method === 'POST' });

test('a note that was taken in but not written is told', async () => {
  const { server, notes, alert } = await start();
  server.lose();
  await expect(notes.write(alert, noteOf('first'), signal)).rejects.toMatchObject({
    kind: 'refused',
    message: 'Opsgenie did not write the note.',
  });
  await server.close();
});
