import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { work } from './chance.ts';

export type Statement = {
  readonly operation: 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';
  readonly collection: string;
  readonly sql: string;
  readonly values?: readonly SQLInputValue[];
  /** Median of the way to the disk and back, which an in-memory database does not have by itself. */
  readonly ioMs: number;
};

export type Rows = readonly Readonly<Record<string, unknown>>[];

export interface Database {
  /** Runs one statement under a client span in today's semantic conventions for databases. */
  run(statement: Statement): Promise<Rows>;
}

/** A service's own SQLite database in memory; `schema` creates and fills it. */
export function openDatabase(namespace: string, schema: (sqlite: DatabaseSync) => void): Database {
  const sqlite = new DatabaseSync(':memory:');
  schema(sqlite);
  const tracer = trace.getTracer('shop-database');
  return {
    async run({ operation, collection, sql, values = [], ioMs }) {
      const summary = `${operation} ${collection}`;
      const span = tracer.startSpan(summary, {
        kind: SpanKind.CLIENT,
        attributes: {
          'db.system.name': 'sqlite',
          'db.namespace': namespace,
          'db.operation.name': operation,
          'db.collection.name': collection,
          'db.query.summary': summary,
        },
      });
      try {
        await work(ioMs);
        const rows = sqlite.prepare(sql).all(...values);
        if (operation === 'SELECT') span.setAttribute('db.response.returned_rows', rows.length);
        return rows;
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        span.recordException(error);
        span.setAttribute('error.type', error.name);
        span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
        throw thrown;
      } finally {
        span.end();
      }
    },
  };
}
