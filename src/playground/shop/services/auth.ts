import { CUSTOMERS } from '../catalogue.ts';
import { work } from './chance.ts';
import { openDatabase } from './database.ts';
import { serve } from './server.ts';

/** Says whether a customer's session may do something: a look at the session, then an introspection of the token. */
const INTROSPECTION_MS = 4;

const database = openDatabase('sessions', (sqlite) => {
  sqlite.exec('CREATE TABLE sessions (customer TEXT PRIMARY KEY, scope TEXT)');
  const session = sqlite.prepare('INSERT INTO sessions VALUES (?, ?)');
  for (const customer of CUSTOMERS) session.run(customer, 'shop');
});

serve([
  {
    method: 'POST',
    route: '/authorisations',
    async handle(asked, behaviour) {
      const sql = 'SELECT scope FROM sessions WHERE customer = ?';
      const sessions = await database.run({
        operation: 'SELECT',
        collection: 'sessions',
        sql,
        values: [asked.user],
        ioMs: 2,
      });
      await work(INTROSPECTION_MS);
      if (behaviour.slowIntrospectionMs > 0) await work(behaviour.slowIntrospectionMs, 0.4);
      return sessions.length === 0
        ? { status: 403, body: { error: 'no session' } }
        : { status: 201, body: sessions[0] };
    },
  },
]);
