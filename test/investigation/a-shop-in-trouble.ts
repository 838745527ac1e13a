import type { SpanRecord } from '../../src/model/span.ts';
import { MILLISECOND } from '../../src/model/units.ts';
import { requests } from './memory-backend.ts';

/** A minute of requests to the shop before the alert, each of which calls the store; the last twenty fail because the store does. */
export function inTrouble(shop: string, store: string, fromSeconds = -60): readonly SpanRecord[] {
  const roots = requests(shop, fromSeconds, 60, 1, (n) =>
    n >= 40 ? { status: 'error', statusMessage: 'no answer' } : {},
  );
  return roots.flatMap((root) => [
    root,
    child(root, 'c', shop, 'client', root.spanId),
    child(root, 'd', store, 'server', idOf(root, 'c')),
  ]);
}

function idOf(root: SpanRecord, mark: string): string {
  return mark.repeat(4) + root.spanId.slice(4);
}

function child(
  root: SpanRecord,
  mark: string,
  service: string,
  kind: SpanRecord['kind'],
  parentSpanId: string,
): SpanRecord {
  const [start, end] = [root.start + MILLISECOND, root.end - MILLISECOND];
  return { ...root, spanId: idOf(root, mark), parentSpanId, service, name: `GET /${service}`, kind, start, end };
}
