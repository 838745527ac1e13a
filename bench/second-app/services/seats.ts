import { serve } from '../http.ts';
import { now, onChange, takes } from '../process.ts';
import { pool, query } from '../stores.ts';

/** Which seats are free. Everything is done on one of two connections. */
const CONNECTIONS = 2;
const connections = pool(CONNECTIONS);
const look = () => query('SELECT * FROM seats WHERE show_id = ? AND state = ?', now().slowQueryMs ?? 4);

serve({
  async 'GET /free/{id}'() {
    await connections.lend(look);
    return { status: 200, body: { free: 12 } };
  },

  async 'POST /holds'() {
    return connections.lend(async () => {
      await look();
      if (Math.random() < 0.06) return { status: 409, body: { error: 'taken' } };
      await query("UPDATE seats SET state = 'held' WHERE id = ?", 5);
      await takes(3);
      return { status: 201, body: {} };
    });
  },
});

/** The report that takes all connections now and then. */
let reporting: NodeJS.Timeout | undefined;
onChange(({ report }) => {
  clearInterval(reporting);
  if (report === undefined) return;
  reporting = setInterval(() => {
    for (let held = 0; held < CONNECTIONS; held++) void connections.lend(() => takes(report.ms));
  }, report.everyMs);
});
