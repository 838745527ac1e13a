import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Failure } from '../failure.ts';
import { encodingOf, refused } from './otlp-answer.ts';
import { readWithin, send } from './otlp-body.ts';
import type { OtlpIntake } from './otlp-intake.ts';

export const TRACES_PATH = '/v1/traces';

/** OTLP/HTTP on a port of its own. Rejects with a `Failure` of kind `misconfigured` when the port cannot be had. */
export async function listenOtlp(host: string, port: number, intake: OtlpIntake): Promise<Server> {
  const server = createServer((request, response) => void answer(request, response, intake));
  server.headersTimeout = 10_000;
  server.requestTimeout = 60_000;
  server.maxConnections = 1_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown) => reject(unavailable(host, port, thrown)));
    server.listen(port, host, resolve);
  });
  return server;
}

/** One export request, from its headers to its answer. Never rejects. */
async function answer(request: IncomingMessage, response: ServerResponse, intake: OtlpIntake): Promise<void> {
  const { 'content-type': contentType, 'content-encoding': contentEncoding } = request.headers;
  try {
    checkTarget(request);
    intake.admit();
    const body = await readWithin(request, intake);
    send(request, response, await intake.take(body, { contentType, contentEncoding }));
  } catch (thrown) {
    const failure = Failure.from(thrown);
    intake.note(failure.message);
    const said = refused(encodingOf(contentType) ?? 'json', failure);
    const allow = failure.kind === 'refused' ? { ...said, headers: { ...said.headers, allow: 'POST' } } : said;
    send(request, response, allow);
  }
}

function checkTarget(request: IncomingMessage): void {
  const path = (request.url ?? '').split('?', 1)[0];
  if (path !== TRACES_PATH) {
    throw new Failure('not-found', 'Only traces are received here.', `POST them to ${TRACES_PATH}.`);
  }
  if (request.method !== 'POST') {
    throw new Failure('refused', `${TRACES_PATH} takes POST only.`, 'Send an export request.');
  }
}

function unavailable(host: string, port: number, thrown: Error): Failure {
  const taken = 'code' in thrown && thrown.code === 'EADDRINUSE';
  return new Failure(
    'misconfigured',
    taken ? `Port ${port} on ${host} is taken.` : `Port ${port} on ${host} cannot be opened: ${thrown.message}.`,
    'Set OTLP_PORT to another one; spans are also received on the main port, at /v1/traces.',
    { cause: thrown },
  );
}
