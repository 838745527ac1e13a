import { trace } from '@opentelemetry/api';
import { z } from 'zod';
import { CUSTOMERS, SCARCE, SKUS } from '../catalogue.ts';
import { work } from './chance.ts';
import { openDatabase } from './database.ts';
import { serve } from './server.ts';

/** Knows what is in stock and acknowledges reservations once the warehouse has confirmed them. */
const Reservation = z.object({ order: z.string(), sku: z.string(), quantity: z.number() });
const Stock = z.object({ sku: z.string(), available: z.number() });

const MOVEMENTS_KEPT = 6_000;

const database = openDatabase('stock', (sqlite) => {
  sqlite.exec(`CREATE TABLE stock (sku TEXT PRIMARY KEY, available INTEGER);
    CREATE TABLE movements (customer TEXT, sku TEXT, quantity INTEGER);
    CREATE INDEX by_customer ON movements (customer);
    CREATE TRIGGER bounded AFTER INSERT ON movements BEGIN DELETE FROM movements WHERE rowid <= NEW.rowid - ${MOVEMENTS_KEPT}; END`);
  const stock = sqlite.prepare('INSERT INTO stock VALUES (?, ?)');
  for (const sku of SKUS) stock.run(sku, sku === SCARCE ? 0 : 1_000_000);
  const movement = sqlite.prepare('INSERT INTO movements VALUES (?, ?, ?)');
  CUSTOMERS.forEach((customer, i) => {
    for (let n = 0; n < 4 + ((i * 5) % 14); n++) movement.run(customer, SKUS[(i + n) % SKUS.length] ?? SKUS[0], 1);
  });
});

serve([
  {
    method: 'POST',
    route: '/reservations',
    async handle(asked) {
      const { order, sku, quantity } = Reservation.parse(asked.body);
      trace.getActiveSpan()?.setAttribute('order.id', order);
      const available = await stockOf(sku);
      if (available !== undefined && available >= quantity) {
        const sql = 'UPDATE stock SET available = available - ? WHERE sku = ?';
        await database.run({ operation: 'UPDATE', collection: 'stock', sql, values: [quantity, sku], ioMs: 5 });
        await record(asked.user, sku, quantity);
        await work(12);
        return { status: 201, body: { status: 'reserved' } };
      }
      await work(16);
      return { status: 201, body: { status: 'backordered' } };
    },
  },
  {
    method: 'GET',
    route: '/stock/{sku}',
    async handle(asked) {
      const available = await stockOf(asked.params.sku ?? '');
      if (available === undefined) return { status: 404, body: { error: 'no such item' } };
      return { status: 200, body: { sku: asked.params.sku, available } };
    },
  },
  {
    method: 'GET',
    route: '/movements',
    async handle(asked) {
      const everybody = asked.query.get('account') === 'all';
      const body = await database.run({
        operation: 'SELECT',
        collection: 'movements',
        sql: `SELECT sku, quantity FROM movements WHERE ${everybody ? '? IS NOT NULL' : 'customer = ?'} LIMIT ?`,
        values: [asked.user, Number(asked.query.get('limit') ?? 20)],
        ioMs: 3,
      });
      return { status: 200, body };
    },
  },
]);

async function stockOf(sku: string): Promise<number | undefined> {
  const sql = 'SELECT sku, available FROM stock WHERE sku = ?';
  const rows = await database.run({ operation: 'SELECT', collection: 'stock', sql, values: [sku], ioMs: 3 });
  return Stock.safeParse(rows[0]).data?.available;
}

async function record(customer: string, sku: string, quantity: number): Promise<void> {
  const sql = 'INSERT INTO movements VALUES (?, ?, ?)';
  await database.run({ operation: 'INSERT', collection: 'movements', sql, values: [customer, sku, quantity], ioMs: 4 });
}
