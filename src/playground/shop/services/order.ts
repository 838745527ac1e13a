import { randomUUID } from 'node:crypto';
import { trace } from '@opentelemetry/api';
import { z } from 'zod';
import { CUSTOMERS, SKUS } from '../catalogue.ts';
import { createClient, type Received } from './client.ts';
import { openDatabase, type Rows } from './database.ts';
import { type Answer, type Asked, passOn, serve } from './server.ts';

/**
 * Places orders: may the customer buy, are the goods reserved, is it paid?
 *
 * ```
 *   version 1   authorise ── reserve ───── ack │ commit ── charge
 *   commitsFirst authorise ┬─ reserve ───────────── ack │ charge, or take the order back
 *                          └─ commit │
 * ```
 */
const Checkout = z.object({ sku: z.string(), quantity: z.number() });
const Reservation = z.object({ status: z.enum(['reserved', 'backordered']) });
type OrderStatus = z.infer<typeof Reservation>['status'] | 'cancelled';

const AUTH_TIMEOUT_MS = 250;
const ORDERS_KEPT = 4_000;

const client = createClient();
const database = openDatabase('orders', (sqlite) => {
  sqlite.exec(`CREATE TABLE orders (id TEXT PRIMARY KEY, customer TEXT, sku TEXT, quantity INTEGER, status TEXT);
    CREATE INDEX by_customer ON orders (customer);
    CREATE TABLE carts (id TEXT PRIMARY KEY, customer TEXT, sku TEXT, quantity INTEGER);
    CREATE TRIGGER bounded AFTER INSERT ON orders BEGIN DELETE FROM orders WHERE rowid <= NEW.rowid - ${ORDERS_KEPT}; END`);
  const order = sqlite.prepare('INSERT INTO orders VALUES (?, ?, ?, ?, ?)');
  const cart = sqlite.prepare('INSERT INTO carts VALUES (?, ?, ?, ?)');
  CUSTOMERS.forEach((customer, i) => {
    cart.run(`c-${customer}`, customer, SKUS[i % SKUS.length] ?? SKUS[0], 1 + (i % 3));
    for (let n = 0; n < customer.length + ((i * 7) % 11); n++) {
      order.run(`o-${customer}-${n}`, customer, SKUS[(i + n) % SKUS.length] ?? SKUS[0], 1, 'reserved');
    }
  });
});

serve(
  [
    {
      method: 'POST',
      route: '/orders',
      async handle(asked, behaviour) {
        const wanted = Checkout.parse(asked.body);
        const id = `o-${randomUUID().slice(0, 8)}`;
        trace.getActiveSpan()?.setAttribute('order.id', id);
        const authorised = await authorise(asked, 'buy');
        if (authorised.status !== 201) return { status: 503, body: { error: 'authorisation is unavailable' } };
        await database.run({
          operation: 'SELECT',
          collection: 'carts',
          sql: 'SELECT * FROM carts WHERE customer = ?',
          values: [asked.user],
          ioMs: 2,
        });
        const reserving = reserve(asked, id, wanted);
        if (!behaviour.commitsFirst) {
          const reservation = await reserving;
          if (reservation === undefined) return { status: 503, body: { error: 'nothing could be reserved' } };
          await commit(id, asked.user, wanted, reservation);
          return charge(asked, id, wanted.quantity);
        }
        await commit(id, asked.user, wanted, 'reserved');
        const reservation = await reserving;
        if (reservation === 'reserved') return charge(asked, id, wanted.quantity);
        await cancel(id);
        return { status: 409, body: { error: 'the order was taken back: the goods are not there', order: id } };
      },
    },
    {
      method: 'GET',
      route: '/orders/{id}',
      async handle(asked) {
        const authorised = await authorise(asked, 'read');
        if (authorised.status !== 201) return { status: 503, body: { error: 'authorisation is unavailable' } };
        const sql = 'SELECT * FROM orders WHERE id = ?';
        const rows = await database.run({
          operation: 'SELECT',
          collection: 'orders',
          sql,
          values: [asked.params.id ?? ''],
          ioMs: 3,
        });
        return rows.length === 0 ? { status: 404, body: { error: 'no such order' } } : { status: 200, body: rows[0] };
      },
    },
    {
      method: 'GET',
      route: '/carts/{id}',
      async handle(asked) {
        const sql = 'SELECT * FROM carts WHERE id = ?';
        const rows = await database.run({
          operation: 'SELECT',
          collection: 'carts',
          sql,
          values: [asked.params.id ?? ''],
          ioMs: 3,
        });
        const cart = z.object({ sku: z.string() }).safeParse(rows[0]);
        if (!cart.success) return { status: 404, body: { error: 'no such cart' } };
        const stock = await client.call({
          to: 'inventory',
          method: 'GET',
          path: `/stock/${cart.data.sku}`,
          headers: passOn(asked),
          timeoutMs: 5_000,
        });
        return { status: 200, body: { ...rows[0], stock: stock.body } };
      },
    },
    {
      method: 'GET',
      route: '/orders',
      handle: async (asked) => ({ status: 200, body: await history(asked) }),
    },
  ],
  client,
);

/** Asks auth, three times at most. */
function authorise(asked: Asked, action: string): Promise<Received> {
  return client.call({
    to: 'auth',
    method: 'POST',
    path: '/authorisations',
    body: { action },
    headers: passOn(asked),
    timeoutMs: AUTH_TIMEOUT_MS,
    attempts: 3,
    backoffMs: 40,
  });
}

/** What inventory acknowledged; undefined when it did not answer. */
async function reserve(
  asked: Asked,
  id: string,
  wanted: z.infer<typeof Checkout>,
): Promise<'reserved' | 'backordered' | undefined> {
  const received = await client.call({
    to: 'inventory',
    method: 'POST',
    path: '/reservations',
    body: { order: id, ...wanted },
    headers: passOn(asked),
    timeoutMs: 5_000,
  });
  return received.status === 201 ? Reservation.parse(received.body).status : undefined;
}

async function commit(
  id: string,
  customer: string,
  wanted: z.infer<typeof Checkout>,
  status: OrderStatus,
): Promise<void> {
  await database.run({
    operation: 'INSERT',
    collection: 'orders',
    sql: 'INSERT INTO orders VALUES (?, ?, ?, ?, ?)',
    values: [id, customer, wanted.sku, wanted.quantity, status],
    ioMs: 5,
  });
}

async function cancel(id: string): Promise<void> {
  const sql = "UPDATE orders SET status = 'cancelled' WHERE id = ?";
  await database.run({ operation: 'UPDATE', collection: 'orders', sql, values: [id], ioMs: 5 });
}

async function charge(asked: Asked, id: string, quantity: number): Promise<Answer> {
  const paid = await client.call({
    to: 'payment',
    method: 'POST',
    path: '/charges',
    body: { order: id, amount: quantity * 1_990 },
    headers: passOn(asked),
    timeoutMs: 10_000,
  });
  if (paid.status !== 201) return { status: 502, body: { error: 'the payment did not go through', order: id } };
  return { status: 201, body: { order: id } };
}

/** Reads a customer's orders; `account=all` is an internal view that nobody thought a customer would ask for. */
function history(asked: Asked): Promise<Rows> {
  const everybody = asked.query.get('account') === 'all';
  return database.run({
    operation: 'SELECT',
    collection: 'orders',
    sql: `SELECT id, sku, quantity, status FROM orders WHERE ${everybody ? '? IS NOT NULL' : 'customer = ?'} LIMIT ?`,
    values: [asked.user, Number(asked.query.get('limit') ?? 20)],
    ioMs: 3,
  });
}
