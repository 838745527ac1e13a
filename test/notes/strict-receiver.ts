import { createHmac } from 'node:crypto';
import { type Answered, type Asked, jsonOf, type StrictServer, strictServer } from './strict-server.ts';

export type StrictReceiver = StrictServer & { readonly deliveries: ReadonlyMap<string, unknown> };

/** Somebody's own endpoint, verified as Standard Webhooks 1.0.0 tells receivers to: signature, age, and each id once. */
export async function strictReceiver(secret: Buffer, nowSeconds: () => number): Promise<StrictReceiver> {
  const deliveries = new Map<string, unknown>();

  function handle(asked: Asked): Answered {
    const id = String(asked.headers['webhook-id'] ?? '');
    const timestamp = String(asked.headers['webhook-timestamp'] ?? '');
    const signed = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(asked.body).digest('base64');
    if (asked.headers['webhook-signature'] !== `v1,${signed}`)
      return { status: 401, body: { message: 'bad signature' } };
    if (Math.abs(nowSeconds() - Number(timestamp)) > 300) return { status: 401, body: { message: 'too old' } };
    if (asked.method !== 'POST' || asked.headers['content-type'] !== 'application/json') return { status: 415 };
    const json = jsonOf(asked);
    if (json === undefined) return { status: 400 };
    if (!deliveries.has(id)) deliveries.set(id, json);
    return { status: 204 };
  }

  return { ...(await strictServer(handle)), deliveries };
}
