import { context, propagation, trace } from '@opentelemetry/api';
import { type Call, createClient, type Received } from './client.ts';
import { type Answer, type Asked, type Endpoint, passOn, serve } from './server.ts';
import { USER } from './telemetry.ts';

/**
 * The way in. Knows the customer by the bearer token and names them to everybody behind it; passes requests on and tries an
 * order again when the order service is unavailable.
 */
const ORDER_TIMEOUT_MS = 12_000;

const client = createClient();

const endpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    route: '/checkout',
    handle: (asked) =>
      asCustomer(asked, async () => {
        const placed = await client.call({
          to: 'order',
          method: 'POST',
          path: '/orders',
          body: asked.body,
          headers: passOn(asked),
          timeoutMs: ORDER_TIMEOUT_MS,
          attempts: 2,
          backoffMs: 60,
        });
        return answered(placed);
      }),
  },
  { method: 'GET', route: '/cart/{id}', handle: (asked) => forward(asked, 'order', `/carts/${asked.params.id}`) },
  { method: 'GET', route: '/orders/{id}', handle: (asked) => forward(asked, 'order', `/orders/${asked.params.id}`) },
  {
    method: 'GET',
    route: '/items/{sku}',
    handle: (asked) => forward(asked, 'inventory', `/stock/${asked.params.sku}`),
  },
  {
    method: 'GET',
    route: '/account/history',
    handle: (asked) =>
      asCustomer(asked, async () => {
        const pages = await Promise.all([
          client.call(reading(asked, 'order', `/orders?${asked.query}`)),
          client.call(reading(asked, 'payment', `/receipts?${asked.query}`)),
          client.call(reading(asked, 'inventory', `/movements?${asked.query}`)),
        ]);
        const failed = pages.find((page) => page.status !== 200);
        if (failed !== undefined) return answered(failed);
        const [orders, receipts, movements] = pages.map((page) => page.body);
        return { status: 200, body: { orders, receipts, movements } };
      }),
  },
];

function forward(asked: Asked, to: string, path: string): Promise<Answer> {
  return asCustomer(asked, async () => answered(await client.call(reading(asked, to, path))));
}

function reading(asked: Asked, to: string, path: string): Call {
  return { to, method: 'GET', path, headers: passOn(asked), timeoutMs: ORDER_TIMEOUT_MS };
}

/** Runs a handler with the customer of the token in the baggage and on the span. */
function asCustomer(asked: Asked, handle: () => Promise<Answer>): Promise<Answer> {
  const user = asked.headers.authorization?.replace('Bearer ', '') ?? 'nobody';
  trace.getActiveSpan()?.setAttribute(USER, user);
  const baggage = propagation.createBaggage({ [USER]: { value: user } });
  return context.with(propagation.setBaggage(context.active(), baggage), handle);
}

/** Somebody behind us who cannot be reached is, to the customer, this service being unavailable. */
function answered({ status, body }: Received): Answer {
  return status === 0 || status === 502 || status === 503
    ? { status: 503, body: { error: 'temporarily unavailable' } }
    : { status, body };
}

serve(endpoints, client);
