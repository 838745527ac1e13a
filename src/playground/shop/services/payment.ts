import { trace } from '@opentelemetry/api';
import { z } from 'zod';
import { CUSTOMERS } from '../catalogue.ts';
import { createClient } from './client.ts';
import { openDatabase } from './database.ts';
import { serve } from './server.ts';

/**
 * Takes the money through the external provider `paygw`, over a new TLS connection for each charge. A handshake that does
 * not finish in time is given up and tried again, so a hanging provider makes payments slow before it makes them fail.
 */
const Charge = z.object({ order: z.string(), amount: z.number() });

const HANDSHAKE_MS = 900;
const ATTEMPTS = 4;
const RECEIPTS_KEPT = 4_000;

const client = createClient();
const database = openDatabase('payments', (sqlite) => {
  sqlite.exec(`CREATE TABLE receipts (customer TEXT, order_id TEXT, amount INTEGER);
    CREATE INDEX by_customer ON receipts (customer);
    CREATE TRIGGER bounded AFTER INSERT ON receipts BEGIN DELETE FROM receipts WHERE rowid <= NEW.rowid - ${RECEIPTS_KEPT}; END`);
  const receipt = sqlite.prepare('INSERT INTO receipts VALUES (?, ?, ?)');
  CUSTOMERS.forEach((customer, i) => {
    for (let n = 0; n < 3 + ((i * 3) % 12); n++) receipt.run(customer, `o-${customer}-${n}`, 1_990 + 100 * n);
  });
});

serve(
  [
    {
      method: 'POST',
      route: '/charges',
      async handle(asked) {
        const { order, amount } = Charge.parse(asked.body);
        trace.getActiveSpan()?.setAttribute('order.id', order);
        const taken = await client.call({
          to: 'paygw',
          method: 'POST',
          path: '/v1/charges',
          body: { reference: order, amount },
          timeoutMs: 3_000,
          attempts: ATTEMPTS,
          backoffMs: 150,
          tls: { handshakeMs: HANDSHAKE_MS },
        });
        if (taken.status !== 201) return { status: 502, body: { error: 'the payment provider cannot be reached' } };
        const sql = 'INSERT INTO receipts VALUES (?, ?, ?)';
        await database.run({
          operation: 'INSERT',
          collection: 'receipts',
          sql,
          values: [asked.user, order, amount],
          ioMs: 4,
        });
        return { status: 201, body: { order, amount } };
      },
    },
    {
      method: 'GET',
      route: '/receipts',
      async handle(asked) {
        const everybody = asked.query.get('account') === 'all';
        const body = await database.run({
          operation: 'SELECT',
          collection: 'receipts',
          sql: `SELECT order_id, amount FROM receipts WHERE ${everybody ? '? IS NOT NULL' : 'customer = ?'} LIMIT ?`,
          values: [asked.user, Number(asked.query.get('limit') ?? 20)],
          ioMs: 3,
        });
        return { status: 200, body };
      },
    },
  ],
  client,
);
