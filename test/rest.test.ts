import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createRest, type RestOptions } from '../src/rest.ts';
import { ARRIVES, type Fate, type StrictServer, strictServer } from './notes/strict-server.ts';

const signal = new AbortController().signal;
const token = 'tops3cret';
let server: StrictServer;
beforeEach(async () => {
  server = await strictServer(({ path }) => {
    if (path.endsWith('/empty')) return { status: 202 };
    if (path.endsWith('/large')) return { status: 200, body: { text: 'x'.repeat(5_000) } };
    return { status: 200, body: { ok: true } };
  });
});
afterEach(() => server.close());

const rest = (more: Partial<RestOptions> = {}) =>
  createRest({
    title: 'The place',
    base: server.url,
    headers: { authorization: token },
    hint: 'Look at its token.',
    ...more,
  });
const get = (path = '/thing', more: Partial<RestOptions> = {}) =>
  rest(more).ask({ method: 'GET', path, answer: z.object({ ok: z.literal(true) }) }, signal);
const fated = (fate: Fate) => server.decide(() => fate);

test('asks below its base, with its headers, its query and JSON', async () => {
  const answer = z.object({ ok: z.boolean() });
  const request = {
    method: 'POST',
    path: '/a%2Fb',
    query: { q: 'ü&=' },
    headers: { from: 'me' },
    body: { x: 1 },
    answer,
  };
  await rest({ base: `${server.url}/v2//` }).ask({ ...request, method: 'POST' }, signal);
  const [asked] = server.requests;
  expect(asked).toMatchObject({
    method: 'POST',
    path: '/v2/a%2Fb',
    headers: { authorization: token, from: 'me', 'content-type': 'application/json' },
  });
  expect([asked?.query.get('q'), asked?.body.toString()]).toEqual(['ü&=', '{"x":1}']);
});

test('an empty answer is an answer, and one of another shape is told', async () => {
  await rest().ask({ method: 'GET', path: '/empty', answer: z.object({}) }, signal);
  await expect(get('/empty')).rejects.toMatchObject({
    kind: 'refused',
    message: 'The place answered something that is not what it documents.',
  });
});

test('an answer that takes too long or is too long is given up', async () => {
  await expect(get('/large', { answerLimit: 1_000 })).rejects.toMatchObject({ kind: 'too-large' });
  fated({ kind: 'never answered' });
  await expect(get('/thing', { timeoutMs: 50 })).rejects.toMatchObject({ kind: 'timed-out', retryable: true });
});

test.each([
  [{ 'retry-after': '17' }, 17],
  [{ 'ratelimit-reset': '20', 'ratelimit-remaining': '0' }, 20],
  [{ 'x-ratelimit-period-in-sec': '60' }, 60],
  [{ date: 'Tue, 03 Oct 2023 16:46:39 GMT', 'retry-after': 'Tue, 03 Oct 2023 16:46:49 GMT' }, 10],
  [{ date: 'Tue, 03 Oct 2023 16:46:39 GMT', 'retry-after': 'Tue, 03 Oct 2023 16:40:00 GMT' }, 0],
  [{ 'retry-after': '999999' }, 3_600],
  [{ 'retry-after': 'soon' }, undefined],
  [{}, undefined],
])('asked for patience by %j it waits %j seconds', async (headers, seconds) => {
  fated({ kind: 'refused', status: 429, headers });
  await expect(get()).rejects.toMatchObject({ kind: 'busy', retryAfter: seconds });
});

test('waits by itself only where it was told that it may, and once', async () => {
  let left = 1;
  server.decide(() => {
    left -= 1;
    return left >= 0 ? { kind: 'refused', status: 429, headers: { 'retry-after': '0' } } : ARRIVES;
  });
  await expect(get('/thing', { patienceMs: 100 })).resolves.toEqual({ ok: true });
  left = 2;
  await expect(get('/thing', { patienceMs: 100 })).rejects.toMatchObject({ kind: 'busy' });
  left = 1;
  await expect(get()).rejects.toMatchObject({ kind: 'busy' });
});

test.each([
  [
    { error: { message: 'Invalid Input', code: 2001, errors: ['Content is empty'] } },
    ': Invalid Input, Content is empty',
  ],
  [{ message: 'No such alert.\n\u0007' }, ': No such alert'],
  [{ type: 'validation_error', errors: [{ code: 'x', message: 'is required' }] }, ': is required'],
  [{ secret: token }, ''],
  [`<html>${token}</html>`, ''],
  [{ message: 'x'.repeat(5_000) }, `: ${'x'.repeat(200)}`],
])('of the refusal %j so much is told', async (body, said) => {
  await server.close();
  server = await strictServer(() => ({ status: 400, body }));
  await expect(get()).rejects.toMatchObject({
    message: `The place refused it (400)${said}.`,
    hint: 'Look at its token.',
  });
});

test('nobody there is told with the code of the network', async () => {
  await expect(get('/thing', { base: 'http://127.0.0.1:9' })).rejects.toMatchObject({
    kind: 'unreachable',
    message: 'The place cannot be reached (ECONNREFUSED).',
  });
});
