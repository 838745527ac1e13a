import type { IncomingMessage, ServerResponse } from 'node:http';
import { Failure } from '../failure.ts';
import { swallowRest } from '../http.ts';
import type { OtlpAnswer } from './otlp-answer.ts';
import { BODY_LIMIT, tooLarge } from './otlp-request.ts';

/** Told of every byte that is held, so that all requests together stay within bounds. */
export type Room = { hold(bytes: number): void; hasRoom(own: number): boolean };

/**
 * The raw body, as `readBody` of `http.ts` reads it, with all bodies that are being read at once kept within `room`: bytes
 * are counted there only while they are being read. Throws a `Failure`: `too-large`, `busy`, or `bad-input` when the sender hangs up.
 */
export function readWithin(request: IncomingMessage, room: Room): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > BODY_LIMIT) return Promise.reject(tooLarge(BODY_LIMIT));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let settled = false;
    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      request.off('data', take);
      room.hold(-size);
      finish();
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      room.hold(chunk.length);
      chunks.push(chunk);
      if (size > BODY_LIMIT) settle(() => reject(tooLarge(BODY_LIMIT)));
      else if (!room.hasRoom(size)) settle(() => reject(behind()));
    };
    request.on('data', take);
    request.once('end', () => settle(() => resolve(Buffer.concat(chunks, size))));
    request.once('close', () => {
      if (!request.readableEnded) settle(() => reject(hungUp()));
    });
    request.once('error', () => settle(() => reject(hungUp())));
  });
}

/** Sends the answer; when the body was not read to its end, swallows some of the rest first so that the answer arrives. */
export function send(request: IncomingMessage, response: ServerResponse, answer: OtlpAnswer): void {
  if (response.destroyed) return;
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
  swallowRest(request);
}

function behind(): Failure {
  return new Failure('busy', 'The receiver is behind.', 'Send again after the given time.', { retryAfter: 1 });
}

function hungUp(): Failure {
  return new Failure('bad-input', 'The sender hung up before the body was complete.', 'Send it again.');
}
