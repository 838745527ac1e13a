import { serve } from '../http.ts';
import { now, onChange, takes } from '../process.ts';
import { oldQuery } from '../stores.ts';

/** What a seat costs. Its database is told of in the names of some years ago. */
serve({
  async 'POST /quotes'() {
    await oldQuery('SELECT price, discount FROM tariffs WHERE class = ? AND day = ?', 6);
    if (Math.random() < (now().failing ?? 0)) throw new RangeError('tariff has no entry for this class');
    await takes(5);
    return { status: 200, body: { price: 10 + Math.floor(Math.random() * 90) } };
  },
});

let pausing: NodeJS.Timeout | undefined;
onChange(({ pause }) => {
  clearInterval(pausing);
  if (pause === undefined) return;
  pausing = setInterval(() => {
    for (const until = performance.now() + pause.ms; performance.now() < until; );
  }, pause.everyMs);
});
