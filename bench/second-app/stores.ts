import { type Attributes, SpanKind, trace } from '@opentelemetry/api';
import { takes } from './process.ts';

const tracer = trace.getTracer('theatre-stores', '1.0.0');

/** A statement that takes about `ms`, under a client span in today's semantic conventions (database, stable since 1.33). */
export function query(sql: string, ms: number): Promise<void> {
  const [operation = '', collection = ''] = partsOf(sql);
  return under(`${operation} ${collection}`, ms, {
    'db.system.name': 'postgresql',
    'db.namespace': 'theatre',
    'db.operation.name': operation,
    'db.collection.name': collection,
    'db.query.text': sql,
    'server.address': 'postgres',
    'server.port': 5432,
  });
}

/** The same as an instrumentation of some years ago tells it. */
export function oldQuery(sql: string, ms: number): Promise<void> {
  const [operation = '', table = ''] = partsOf(sql);
  return under(`${operation} tariffs`, ms, {
    'db.system': 'mysql',
    'db.name': 'tariffs',
    'db.operation': operation,
    'db.sql.table': table,
    'db.statement': sql,
    'db.user': 'pricing',
    'net.peer.name': 'mysql',
    'net.peer.port': 3306,
  });
}

/** A cache that answers in about a millisecond, whatever it knows. */
export function cached(command: 'GET' | 'SET', key: string): Promise<void> {
  return under(command, 1, {
    'db.system.name': 'redis',
    'db.operation.name': command,
    'db.query.text': `${command} ${key.replace(/\d+/, '?')}`,
    'server.address': 'redis',
    'server.port': 6379,
  });
}

async function under(name: string, ms: number, attributes: Attributes): Promise<void> {
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes });
  await takes(ms);
  span.end();
}

/** `SELECT * FROM seats WHERE …` → SELECT, seats */
function partsOf(sql: string): readonly string[] {
  const [operation = ''] = sql.split(' ');
  const collection = /(?:FROM|INTO|UPDATE) (\w+)/.exec(sql)?.[1] ?? '';
  return [operation, collection];
}

/** Connections that are lent and come back; who finds none waits in line. No span tells of it. */
export function pool(size: number): { lend<T>(work: () => Promise<T>): Promise<T> } {
  const line: (() => void)[] = [];
  let free = size;
  return {
    async lend(work) {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => line.push(resolve));
      try {
        return await work();
      } finally {
        const next = line.shift();
        if (next === undefined) free++;
        else next();
      }
    },
  };
}
