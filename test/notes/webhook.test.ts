import { expect, test } from 'vitest';
import { NOW_SECONDS } from '../alerts/make-source.ts';
import { alertAbout, incidentNotesContract, noteOf } from '../contracts/incident-notes.ts';
import { makeNotes } from './make-notes.ts';
import { strictReceiver } from './strict-receiver.ts';

const secret = 'a-secret-of-the-tests-0123456789';
const signal = new AbortController().signal;
const alert = {
  ...alertAbout('alertmanager', '{}:{alertname="X"}'),
  service: 'checkout',
  url: 'https://prometheus.example.com/g',
};
const start = async (given = secret, key = Buffer.from(secret)) => {
  const server = await strictReceiver(key, () => NOW_SECONDS);
  return {
    server,
    notes: makeNotes('webhook', { url: `${server.url}/hook`, secret: given, sources: ['alertmanager'] }, 'tickets'),
    alert,
    texts: () => [...server.deliveries.values()].map((one) => (one as { data: { text: string } }).data.text),
  };
};

incidentNotesContract({ title: 'A webhook', secret, start, writes: ({ method }) => method === 'POST' });

test('the payload holds the verdict, its counts and the thread, and is signed as Standard Webhooks wants it', async () => {
  const { server, notes } = await start(
    `whsec_${Buffer.from('binary key').toString('base64')}`,
    Buffer.from('binary key'),
  );
  await notes.write(alert, noteOf('first'), signal);
  expect([...server.deliveries]).toEqual([
    [
      `causeway-${noteOf('first').key}`,
      {
        type: 'verdict.reached',
        timestamp: '2026-03-14T03:12:10.000Z',
        data: {
          key: noteOf('first').key,
          text: noteOf('first').text,
          alert: {
            source: 'alertmanager',
            id: '{}:{alertname="X"}',
            title: 'Errors',
            service: 'checkout',
            url: 'https://prometheus.example.com/g',
          },
          investigation: 'inv-1',
          verdict: 'cause',
          confidence: 'high',
          changed: false,
          headline: 'Cause: it.',
          mechanism: 'timeout',
          services: ['auth'],
          affected: 31,
          examined: 40,
          since: '2026-03-14T03:12:05.000Z',
          permalink: 'https://acme.slack.com/archives/C01/p1',
        },
      },
    ],
  ]);
  await server.close();
});

test('without a list of senders it is told of all of them', () => {
  const notes = makeNotes('webhook', { url: 'https://example.com', secret }, 'tickets');
  expect(notes.takes(alertAbout('anybody', '1'))).toBe(true);
});

test('a short secret is no secret', () => {
  expect(() => makeNotes('webhook', { url: 'https://example.com', secret: 'short' })).toThrow(/secret/);
});
