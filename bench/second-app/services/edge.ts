import { trace } from '@opentelemetry/api';
import { type Asked, call, serve } from '../http.ts';

/** The way in: knows who asks, passes requests on, lays the answers together. */
serve({
  async 'GET /shows/{id}'(asked) {
    const headers = enter(asked);
    const [show, seats] = await Promise.all([
      call('catalog', `GET /shows/${asked.id}`, { headers }),
      call('seats', `GET /free/${asked.id}`, { headers }),
    ]);
    return show.status === 200 ? { status: 200, body: { ...show.body, ...seats.body } } : show;
  },

  async 'POST /bookings'(asked) {
    const headers = enter(asked);
    const booked = await call('booking', 'POST /bookings', { body: asked.body, headers, attempts: 2 });
    if (booked.status !== 201) return { status: booked.status === 409 ? 409 : 503, body: booked.body };
    // Trusts that a booking has a price.
    const { price } = booked.body as { price: number };
    return { status: 201, body: { total: `${price.toFixed(2)} EUR` } };
  },

  async 'GET /tickets/{id}'(asked) {
    return call('booking', `GET /bookings/${asked.id}`, { headers: enter(asked) });
  },
});

/** Puts the customer on the entry span; the address goes on to those behind, as proxies do. */
function enter({ headers }: Asked): Record<string, string> {
  trace.getActiveSpan()?.setAttribute('user.id', String(headers['x-user']));
  return { 'x-forwarded-for': String(headers['x-forwarded-for']) };
}
