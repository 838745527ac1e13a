import { Failure } from './failure.ts';
import { type Exchange, type Route, readBody, sendJson } from './http.ts';
import type { Alert } from './model/alert.ts';
import type { AlertSource, Delivery, Reply } from './ports/alert-source.ts';
import type { Changes } from './ports/changes.ts';
import type { Acceptance, Intake } from './ports/intake.ts';
import type { Log } from './ports/log.ts';
import type { Metrics } from './ports/metrics.ts';
import { inSpan } from './telemetry.ts';

/**
 * `POST /webhooks/<kind>` for every source, `PUT` for those that may be set to it, and `OPTIONS` where the sender asks first. Answers 202 once the alert is safe
 * on disk, and each failure with the status that makes this sender do the right thing: give up on what can never be read,
 * send again what we could not keep.
 */
export function webhookRoutes(
  sources: readonly AlertSource[],
  intake: Intake,
  log: Log,
  beside: { readonly changes?: Changes; readonly metrics?: Pick<Metrics, 'heard'> } = {},
): readonly Route[] {
  const parts: Parts = { intake, log, ...beside };
  return sources.flatMap((source) => {
    const path = `/webhooks/${source.kind}`;
    const taking = (method: 'POST' | 'PUT'): Route => ({
      method,
      path,
      handle: async (exchange) => {
        const reply = await inSpan(`webhook ${source.kind}`, {}, () => answer(source, parts, exchange));
        send(exchange, reply);
      },
    });
    const routes = source.alsoPut === true ? [taking('POST'), taking('PUT')] : [taking('POST')];
    const { greet } = source;
    if (greet === undefined) return routes;
    return [...routes, { method: 'OPTIONS', path, handle: (exchange) => send(exchange, greet(headersOf(exchange))) }];
  });
}

type Parts = {
  readonly intake: Intake;
  readonly log: Log;
  readonly changes?: Changes;
  readonly metrics?: Pick<Metrics, 'heard'>;
};

async function answer(source: AlertSource, parts: Parts, exchange: Exchange): Promise<Reply> {
  const { request, response } = exchange;
  const hungUp = new AbortController();
  // An answer that went out closes too, and nobody waits for it any more.
  response.once('close', () => response.writableFinished || hungUp.abort());
  try {
    const body = await readBody(request, source.bodyLimit);
    const query = request.url?.includes('?') === true ? Object.fromEntries(exchange.url.searchParams) : {};
    return await take(source, parts, { headers: headersOf(exchange), query, body }, hungUp.signal);
  } catch (thrown) {
    const failure = Failure.from(thrown);
    parts.metrics?.heard(source.kind, { outcome: 'rejected', reason: failure.kind });
    parts.log.warn({ source: source.kind, kind: failure.kind, reason: failure.message }, 'A webhook was refused');
    return source.refuse(failure);
  }
}

async function take(source: AlertSource, parts: Parts, delivery: Delivery, signal: AbortSignal): Promise<Reply> {
  await source.authenticate(delivery, signal);
  const reading = source.read(delivery);
  const heard = (outcome: Acceptance['outcome'] | 'change' | 'handshake') =>
    parts.metrics?.heard(source.kind, { outcome });
  if ('handshake' in reading) {
    const reason = await reading.handshake(signal);
    heard('handshake');
    return { status: 200, body: { status: 'confirmed', reason } };
  }
  if ('ignored' in reading) {
    heard('ignored');
    return { status: 200, body: { status: 'ignored', reason: reading.ignored } };
  }
  if ('changes' in reading) {
    for (const change of reading.changes) await parts.changes?.keep(change);
    heard('change');
    return { status: 202, body: { status: 'accepted', changes: reading.changes.map(({ id }) => id) } };
  }
  const investigations = await takeAll(reading.alerts, parts.intake);
  for (const { outcome } of investigations) heard(outcome);
  return { status: 202, body: { status: 'accepted', investigations } };
}

/** Different troubles side by side, so that they share commits; alerts about the same one in the order they were sent. */
async function takeAll(alerts: readonly Alert[], intake: Intake): Promise<readonly Acceptance[]> {
  const troubles = Map.groupBy(alerts, ({ id }) => id);
  const taken = await Promise.all(
    [...troubles.values()].map(async (same) => {
      const acceptances: Acceptance[] = [];
      for (const alert of same) acceptances.push(await intake.alert(alert));
      return acceptances;
    }),
  );
  return taken.flat();
}

function headersOf({ request }: Exchange): Delivery['headers'] {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return headers;
}

function send({ request, response }: Exchange, reply: Reply): void {
  sendJson(response, reply.status, reply.body, {
    ...reply.headers,
    // What is left of a refused body is not read; the connection closes after the answer instead.
    ...(request.complete ? {} : { connection: 'close' }),
  });
}
