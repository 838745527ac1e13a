import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { Failure } from '../failure.ts';
import { type Exchange, type Route, readBody, sendJson, statusOf } from '../http.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/**
 * Whether a request is meant for us. A page elsewhere may point a name of its own at 127.0.0.1 and so reach the playground
 * through its visitor's browser (DNS rebinding); it then still sends its own name as `Host`.
 */
export function isWelcome(request: IncomingMessage, allowedHosts: readonly string[]): boolean {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  return LOOPBACK.test(host) || allowedHosts.includes(host) || allowedHosts.includes('*');
}

/** Puts the door before a route: strangers are turned away, and every failure is answered as JSON that says what to do. */
export function guarded(route: Route, allowedHosts: readonly string[]): Route {
  return {
    ...route,
    async handle(exchange) {
      try {
        if (!isWelcome(exchange.request, allowedHosts)) {
          throw new Failure(
            'unauthorized',
            'The playground answers on this machine only.',
            'Open it as http://127.0.0.1 or http://localhost.',
          );
        }
        await route.handle(exchange);
      } catch (thrown) {
        answerFailure(exchange, Failure.from(thrown));
      }
    },
  };
}

function answerFailure({ request, response }: Exchange, failure: Failure): void {
  request.resume();
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const field = failure instanceof FieldFailure ? { field: failure.field } : {};
  sendJson(response, statusOf(failure), { ok: false, error: failure.message, hint: failure.hint, ...field });
}

/** A failure that one field of the request is to blame for. */
export class FieldFailure extends Failure {
  readonly field: string;

  constructor(kind: 'bad-input' | 'not-found' | 'refused', field: string, message: string, hint: string) {
    super(kind, message, hint);
    this.field = field;
  }
}

const LARGEST_BODY = 256 * 1024;

/** Only `application/json` is read: a form on a foreign page cannot send that without asking first (CSRF). */
export async function readJson<S extends z.ZodType>(request: IncomingMessage, schema: S): Promise<z.infer<S>> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new Failure('unsupported', 'The body is not JSON.', 'Send it with content-type: application/json.');
  }
  const body = await readBody(request, LARGEST_BODY);
  let raw: unknown;
  try {
    raw = JSON.parse(body.toString('utf8'));
  } catch (thrown) {
    throw new Failure('bad-input', 'The body is not valid JSON.', 'Send one JSON object.', { cause: thrown });
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw new FieldFailure(
    'bad-input',
    field,
    `${field || 'body'}: ${issue?.message}`,
    'Mend the field and send it again.',
  );
}
