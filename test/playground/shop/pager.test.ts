import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { deliver, incidentTriggered, newId } from '../../../src/playground/shop/pager.ts';
import { startWebhookCapture, type WebhookCapture } from './webhook-capture.ts';

const firedAt = Date.UTC(2026, 2, 7, 3, 12, 45, 678);
const page = { incident: 'QABCDEFGHIJKLM', number: 7, service: 'Gateway', title: 'Errors above 5 % – größer', firedAt };
const patient = new AbortController().signal;

let bot: WebhookCapture;
beforeAll(async () => {
  bot = await startWebhookCapture();
});
afterAll(() => bot.close());
beforeEach(() => {
  bot.answers.length = 0;
});

test('a webhook has the shape of a V3 incident.triggered and times that agree', () => {
  const { event } = JSON.parse(incidentTriggered(page, 'secret').body);
  expect(event).toMatchObject({
    event_type: 'incident.triggered',
    resource_type: 'incident',
    occurred_at: '2026-03-07T03:12:45.678Z',
    data: {
      id: 'QABCDEFGHIJKLM',
      type: 'incident',
      number: 7,
      status: 'triggered',
      created_at: '2026-03-07T03:12:45Z',
      title: 'Errors above 5 % – größer',
      service: { summary: 'Gateway', type: 'service_reference' },
      urgency: 'high',
    },
  });
});

test('what arrives is signed over its raw bytes', async () => {
  await deliver(incidentTriggered(page, 'secret'), bot.url, patient);
  const { headers, body } = bot.delivered.at(-1)!;
  expect(headers['x-pagerduty-signature']).toBe(`v1=${createHmac('sha256', 'secret').update(body).digest('hex')}`);
  expect(headers['content-type']).toBe('application/json');
});

test('two webhooks never share a delivery id, an event id or an incident key', () => {
  const [one, other] = [incidentTriggered(page, 's'), incidentTriggered(page, 's')];
  expect(one.headers['x-webhook-id']).not.toBe(other.headers['x-webhook-id']);
  expect(JSON.parse(one.body).event.id).not.toBe(JSON.parse(other.body).event.id);
  expect(JSON.parse(one.body).event.data.incident_key).not.toBe(JSON.parse(other.body).event.data.incident_key);
  const ids = Array.from({ length: 2_000 }, () => newId('Q'));
  expect(new Set(ids).size).toBe(2_000);
  expect(ids.filter((id) => !/^Q[A-Z0-9]{13}$/.test(id))).toEqual([]);
});

test('a receiver that is busy gets the same delivery again', async () => {
  const before = bot.delivered.length;
  bot.answers.push(503, 429);
  await deliver(incidentTriggered(page, 'secret'), bot.url, patient);
  const tries = bot.delivered.slice(before);
  expect(tries.length).toBe(3);
  expect(new Set(tries.map((one) => one.headers['x-webhook-id'])).size).toBe(1);
});

test('a refusal is final and says what was answered', async () => {
  const before = bot.delivered.length;
  bot.answers.push(401);
  const delivery = deliver(incidentTriggered(page, 'wrong'), bot.url, patient);
  await expect(delivery).rejects.toMatchObject({ kind: 'unreachable', message: expect.stringContaining('401') });
  expect(bot.delivered.length).toBe(before + 1);
});

test('nobody there: a failure, not a hang; an abort ends it at once', async () => {
  const nowhere = 'http://127.0.0.1:9/webhooks/pagerduty';
  await expect(deliver(incidentTriggered(page, 's'), nowhere, patient)).rejects.toMatchObject({ kind: 'unreachable' });
  const gone = new Error('closing');
  await expect(deliver(incidentTriggered(page, 's'), nowhere, AbortSignal.abort(gone))).rejects.toBe(gone);
});
