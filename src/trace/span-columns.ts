import type { AttributeValue, SpanEvent, SpanLink, SpanStatus } from '../model/span.ts';
import type { Repair, SpanTable } from '../model/trace.ts';
import { at, type EpochMicros, type SpanId, type TraceId } from '../model/units.ts';
import type { StagedSpans } from './staged-spans.ts';
import type { Words } from './words.ts';

/** What `build.ts` works out: the hot columns, in row order. */
export type Columns = Pick<
  SpanTable,
  | 'size'
  | 'traces'
  | 'epoch'
  | 'first'
  | 'traceIds'
  | 'population'
  | 'probability'
  | 'parent'
  | 'start'
  | 'end'
  | 'kind'
  | 'flags'
  | 'service'
  | 'operation'
  | 'path'
  | 'resourceOf'
  | 'childrenFrom'
  | 'children'
  | 'repairs'
>;

/**
 * The table over its columns: what algorithms walk over is in row order; what is looked at span by span (names, attributes,
 * events) stays where it was staged and is reached through `source`. Ids of texts come first, ids of paths after them.
 */
export class SpanColumns implements SpanTable {
  readonly size: number;
  readonly traces: number;
  readonly epoch: EpochMicros;
  readonly first: Int32Array;
  readonly traceIds: readonly TraceId[];
  readonly population: Uint8Array;
  readonly probability: Float64Array;
  readonly parent: Int32Array;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly kind: Uint8Array;
  readonly flags: Uint8Array;
  readonly service: Int32Array;
  readonly operation: Int32Array;
  readonly path: Int32Array;
  readonly resourceOf: Int32Array;
  readonly childrenFrom: Int32Array;
  readonly children: Int32Array;
  readonly repairs: ReadonlyMap<number, readonly Repair[]>;
  readonly #staged: StagedSpans;
  readonly #source: Int32Array;
  readonly #words: Words;

  constructor(columns: Columns, staged: StagedSpans, source: Int32Array, words: Words) {
    this.size = columns.size;
    this.traces = columns.traces;
    this.epoch = columns.epoch;
    this.first = columns.first;
    this.traceIds = columns.traceIds;
    this.population = columns.population;
    this.probability = columns.probability;
    this.parent = columns.parent;
    this.start = columns.start;
    this.end = columns.end;
    this.kind = columns.kind;
    this.flags = columns.flags;
    this.service = columns.service;
    this.operation = columns.operation;
    this.path = columns.path;
    this.resourceOf = columns.resourceOf;
    this.childrenFrom = columns.childrenFrom;
    this.children = columns.children;
    this.repairs = columns.repairs;
    this.#staged = staged;
    this.#source = source;
    this.#words = words;
  }

  text(id: number): string {
    const { texts } = this.#words;
    return id < texts.size ? texts.text(id) : this.#words.pathText(id - texts.size);
  }

  id(text: string): number {
    return this.#words.texts.find(text);
  }

  parentPath(path: number): number {
    const { texts, paths } = this.#words;
    const parent = paths.parent(path - texts.size);
    return parent < 0 ? -1 : parent + texts.size;
  }

  spanId(row: number): SpanId {
    return this.#staged.idOf(at(this.#source, row));
  }

  name(row: number): string {
    return this.#staged.nameOf(at(this.#source, row));
  }

  nameId(row: number): number {
    return this.#staged.nameId(at(this.#source, row));
  }

  carries(key: string): boolean {
    return this.#staged.carries(key);
  }

  attribute(row: number, key: string): AttributeValue | undefined {
    return this.#staged.attribute(at(this.#source, row), key);
  }

  resource(row: number, key: string): AttributeValue | undefined {
    return this.#staged.resource(at(this.#source, row), key);
  }

  keys(row: number, scope: 'span' | 'resource'): readonly string[] {
    const source = at(this.#source, row);
    return scope === 'span' ? this.#staged.keys(source) : this.#staged.resourceKeys(source);
  }

  status(row: number): SpanStatus {
    return this.#staged.statusOf(at(this.#source, row));
  }

  statusMessage(row: number): string | undefined {
    return this.#staged.messageOf(at(this.#source, row));
  }

  scope(row: number): string | undefined {
    return this.#staged.scopeOf(at(this.#source, row));
  }

  events(row: number): readonly SpanEvent[] {
    return this.#staged.events.of(at(this.#source, row));
  }

  eventNames(): readonly string[] {
    return this.#staged.events.names();
  }

  links(row: number): readonly SpanLink[] {
    return this.#staged.links.get(at(this.#source, row)) ?? [];
  }
}
