import { serve } from '../http.ts';
import { now, takes } from '../process.ts';
import { cached, query } from '../stores.ts';

/** What is played and when. Shows are cached, performances are not. */
serve({
  async 'GET /shows/{id}'({ id }) {
    await cached('GET', `show:${id}`);
    if (now().cacheLost || Math.random() < 0.08) {
      await query('SELECT * FROM shows WHERE id = ?', 9);
      await query('SELECT * FROM reviews WHERE show_id = ? LIMIT 20', 12);
      await cached('SET', `show:${id}`);
    }
    if (now().oneByOne) {
      const performances = 8 + (Number(id) % 5);
      for (let nth = 0; nth < performances; nth++) await query('SELECT * FROM performances WHERE id = ?', 3);
    } else {
      await query('SELECT * FROM performances WHERE show_id = ?', 5);
    }
    await takes(2);
    return { status: 200, body: { id } };
  },
});
