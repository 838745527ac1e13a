import type { TraceId } from '../model/units.ts';

/** An alert that names more traces than this does not know which one it is about. */
const TRACE_ID_LIMIT = 20;

/** What every id has: one look for it spares most texts the two below. */
const ANY = /[0-9a-f]{16}/i;
/** 32 hex digits that stand alone; also the second part of a `traceparent`. */
const FULL = /(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])/gi;
/** 16 hex digits are too common to mean a trace by themselves: they count behind `trace_id=`, `"traceId": "` or `/trace/`. */
const SHORT = /(?:trace[_. -]?id["']?\s{0,3}[=:]\s{0,3}["']?|\/traces?\/)([0-9a-f]{16})(?![0-9a-z])/gi;

/**
 * The trace ids that people and tools wrote into texts and links, in the order they stand there, each once. Ids of 64 bits
 * (Zipkin, older tracers) are padded with zeros; the invalid id of all zeros is no id.
 */
export function traceIdsIn(texts: readonly string[]): readonly TraceId[] {
  const found = new Set<TraceId>();
  for (const text of texts) {
    if (!ANY.test(text)) continue;
    const hits = [
      ...Array.from(text.matchAll(FULL), (match) => ({ at: match.index, id: match[0] })),
      ...Array.from(text.matchAll(SHORT), (match) => ({ at: match.index, id: match[1] ?? '' })),
    ].sort((a, b) => a.at - b.at);
    for (const hit of hits) {
      const id = hit.id.toLowerCase().padStart(32, '0');
      if (!/^0+$/.test(id) && found.size < TRACE_ID_LIMIT) found.add(id);
    }
  }
  return [...found];
}
