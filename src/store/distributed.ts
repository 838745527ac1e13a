import { Failure } from '../failure.ts';
import type { Investigation } from '../model/investigation.ts';
import type { Reference, Store } from '../ports/store.ts';
import type { RedisLink } from '../redis.ts';
import { applied } from './change.ts';
import { readDocument, writeDocument } from './document.ts';
import { packSpans, unpackSpans } from './kept-traces.ts';
import { KEEP, PUT } from './redis-scripts.ts';
import { defaultRetention, type Retention } from './retention.ts';

export type DistributedStoreOptions = {
  readonly redis: RedisLink;
  readonly retention?: Retention;
  /** Begins every key, so that several bots can share one Redis. */
  readonly prefix?: string;
};

/** Rounds against other processes that change the same investigation before we call it busy. */
const ROUNDS = 50;

/**
 * The store of the distributed shape. Keys, each of which Redis forgets by itself:
 *
 * | key | type | holds |
 * | --- | --- | --- |
 * | `causeway:investigation:<id>` | hash | `document`, and `revision`, which every change raises |
 * | `causeway:thread:<channel>:<ts>` | sorted set | ids by the time they were opened |
 * | `causeway:alert:<source>:<alert id>` | sorted set | ids by the time they were opened |
 * | `causeway:opened` | sorted set | ids by the time they were opened |
 * | `causeway:touched` | sorted set | ids by the time of their last change, for the bounds |
 * | `causeway:traces:<id>` | string | packed spans |
 * | `causeway:traces` and `causeway:trace-sizes` | sorted set, hash | ids by time and bytes by id, for the bounds |
 *
 * `close` leaves the connection open, which the queue and the ledger share.
 */
export function distributedStore({
  redis,
  retention = defaultRetention,
  prefix = 'causeway',
}: DistributedStoreOptions): Store {
  const key = (...parts: readonly string[]) => [prefix, ...parts].join(':');

  async function read(id: string): Promise<{ readonly revision: string; readonly investigation?: Investigation }> {
    const [revision, document] = await redis.run((commands) =>
      commands.hmget(key('investigation', id), 'revision', 'document'),
    );
    if (typeof revision !== 'string' || typeof document !== 'string') return { revision: '0' };
    return { revision, investigation: readDocument(id, document) };
  }

  /** False when somebody else changed the investigation since that revision. */
  async function put(investigation: Investigation, revision: string): Promise<boolean> {
    const { id, thread, trigger, openedAt } = investigation;
    const places = [
      ...(thread === undefined ? [] : [key('thread', thread.channel, thread.ts)]),
      ...(trigger.kind === 'alert' ? [key('alert', trigger.alert.source, trigger.alert.id)] : []),
    ];
    const keys = [key('investigation', id), key('opened'), key('touched'), ...places];
    const bounds = [retention.keepMs, retention.investigations, key('investigation', '')];
    const document = writeDocument(investigation);
    const written = await redis.run((commands) =>
      commands.eval(PUT, keys.length, ...keys, id, revision, document, openedAt, ...bounds),
    );
    return written === 1;
  }

  /** The first of the ids, newest first, whose document is still there. */
  async function firstOf(ids: readonly string[]): Promise<Investigation | undefined> {
    for (const id of ids) {
      const { investigation } = await read(id);
      if (investigation !== undefined) return investigation;
    }
    return undefined;
  }

  /** Ids that the reference may mean, the most recently opened first. */
  async function idsOf(reference: Reference): Promise<readonly string[]> {
    switch (reference.by) {
      case 'id':
        return [reference.id];
      case 'thread':
        return newest(key('thread', reference.thread.channel, reference.thread.ts));
      case 'alert':
        return newest(key('alert', reference.source, reference.alertId));
    }
  }

  const newest = (set: string) => redis.run((commands) => commands.zrevrange(set, 0, 9));

  return {
    async update(id, change) {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { revision, investigation } = await read(id);
        const { next, write } = applied(id, investigation, change);
        if (write === undefined || (await put(write, revision))) return next;
      }
      throw new Failure('busy', `The investigation ${id} changes all the time.`, 'Try again.', { retryAfter: 1 });
    },
    async find(reference) {
      return firstOf(await idsOf(reference));
    },
    async recent(limit) {
      if (limit <= 0) return [];
      const ids = await redis.run((commands) => commands.zrevrange(key('opened'), 0, limit - 1));
      const found = await Promise.all(ids.map(read));
      return found.flatMap(({ investigation }) => (investigation === undefined ? [] : [investigation]));
    },
    async keepTraces(id, spans) {
      const packed = await packSpans(spans);
      const keys = [key('traces', id), key('traces'), key('trace-sizes')];
      const { keepMs, traceBytes } = retention;
      await redis.run((commands) =>
        commands.eval(KEEP, 3, ...keys, id, packed, packed.length, keepMs, traceBytes, key('traces', '')),
      );
    },
    async keptTraces(id) {
      const packed = await redis.run((commands) => commands.getBuffer(key('traces', id)));
      return packed === null ? [] : unpackSpans(packed);
    },
    async close() {},
  };
}
