import type {
  Attributes,
  AttributeValue,
  SpanEvent,
  SpanKind,
  SpanLink,
  SpanRecord,
  SpanStatus,
} from '../model/span.ts';
import { Kind } from '../model/trace.ts';
import { at, type SpanId, type TraceId } from '../model/units.ts';
import { AttributePool, type Run } from './attribute-pool.ts';
import { Dictionary, IntColumn, NumberColumn } from './column.ts';
import { errorLevel } from './errors.ts';
import { operationOf } from './operation.ts';
import { idText, readId } from './span-id.ts';

const STATUSES = ['unset', 'ok', 'error'] as const satisfies readonly SpanStatus[];

/** Bits of the `marks` column of staged spans. */
export const Mark = { hasParent: 1, error: 2 } as const;

/**
 * Spans in the order in which they arrived, already as columns: nothing of a `SpanRecord` is kept alive except its links.
 * The table reads names, attributes and events from here for ever; order, parents and times are worked out by `finish`.
 */
export class StagedSpans {
  readonly traceIds: TraceId[] = [];
  /** One bit a population, by trace. */
  readonly populations: number[] = [];
  readonly trace = new IntColumn();
  readonly idHigh = new IntColumn();
  readonly idLow = new IntColumn();
  readonly parentHigh = new IntColumn();
  readonly parentLow = new IntColumn();
  readonly start = new NumberColumn();
  readonly end = new NumberColumn();
  readonly kind = new IntColumn();
  readonly marks = new IntColumn();
  readonly service = new IntColumn();
  readonly operation = new IntColumn();
  readonly texts = new Dictionary();
  readonly links = new Map<number, readonly SpanLink[]>();

  readonly #traces = new Map<TraceId, number>();
  #lastTrace = -1;
  readonly #pool = new AttributePool();
  readonly #name = new IntColumn();
  readonly #status = new IntColumn();
  readonly #messages = new Map<number, string>();
  readonly #scope = new IntColumn();
  readonly #resource = new IntColumn();
  readonly #resources: Run[] = [];
  readonly #resourceIds = new Map<string, number>();
  readonly #resourcesSeen = new WeakMap<Attributes, number>();
  /** Where the attributes of a span begin, and the shape of their keys; events of span n: [eventsFrom[n], eventsFrom[n + 1]). */
  readonly #attributesFrom = new IntColumn();
  readonly #attributesShape = new IntColumn();
  readonly #eventsFrom = new IntColumn();
  readonly #eventNames = new Set<number>();
  readonly #eventName = new IntColumn();
  readonly #eventTime = new NumberColumn();
  readonly #eventFrom = new IntColumn();
  readonly #eventShape = new IntColumn();

  get size(): number {
    return this.trace.size;
  }

  add(span: SpanRecord, population: number): void {
    const index = this.size;
    this.trace.push(this.#trace(span.traceId, population));
    readId(span.spanId, this.idHigh, this.idLow);
    const parent = span.parentSpanId;
    if (parent === undefined) {
      this.parentHigh.push(0);
      this.parentLow.push(0);
    } else readId(parent, this.parentHigh, this.parentLow);
    this.start.push(span.start);
    this.end.push(span.end);
    this.kind.push(Kind[span.kind]);
    this.marks.push((parent === undefined ? 0 : Mark.hasParent) | (failed(span) ? Mark.error : 0));
    this.service.push(this.texts.id(span.service));
    this.operation.push(this.texts.id(operationOf(span)));
    this.#name.push(this.texts.id(span.name));
    this.#status.push(STATUSES.indexOf(span.status));
    if (span.statusMessage !== undefined) this.#messages.set(index, span.statusMessage);
    this.#scope.push(span.scope === undefined ? -1 : this.texts.id(span.scope));
    this.#resource.push(this.#resourceId(span.resource));
    this.#attributesFrom.push(this.#pool.size);
    this.#attributesShape.push(this.#pool.put(span.attributes));
    this.#eventsFrom.push(this.#eventName.size);
    for (const event of span.events) this.#addEvent(event);
    if (span.links.length > 0) this.links.set(index, span.links);
  }

  idOf(index: number): SpanId {
    return idText(at(this.idHigh.values, index), at(this.idLow.values, index));
  }

  parentIdOf(index: number): SpanId {
    return idText(at(this.parentHigh.values, index), at(this.parentLow.values, index));
  }

  nameOf(index: number): string {
    return this.texts.text(this.nameId(index));
  }

  nameId(index: number): number {
    return at(this.#name.values, index);
  }

  statusOf(index: number): SpanStatus {
    return STATUSES[at(this.#status.values, index)] ?? 'unset';
  }

  messageOf(index: number): string | undefined {
    return this.#messages.get(index);
  }

  scopeOf(index: number): string | undefined {
    const id = at(this.#scope.values, index);
    return id < 0 ? undefined : this.texts.text(id);
  }

  /** Whether anything here has an attribute of the key. */
  carries(key: string): boolean {
    return this.#pool.carries(key);
  }

  attribute(index: number, key: string): AttributeValue | undefined {
    return this.#pool.value(at(this.#attributesFrom.values, index), at(this.#attributesShape.values, index), key);
  }

  attributes(index: number): Attributes {
    return this.#pool.record(at(this.#attributesFrom.values, index), at(this.#attributesShape.values, index));
  }

  keys(index: number): readonly string[] {
    return this.#pool.names(at(this.#attributesShape.values, index));
  }

  /** Number of the resource: spans with equal ones have the same. */
  resourceOf(index: number): number {
    return at(this.#resource.values, index);
  }

  resource(index: number, key: string): AttributeValue | undefined {
    const { from, shape } = this.#resourceRun(index);
    return this.#pool.value(from, shape, key);
  }

  resourceKeys(index: number): readonly string[] {
    return this.#pool.names(this.#resourceRun(index).shape);
  }

  hasEvents(index: number): boolean {
    return at(this.#eventsFrom.values, index) < this.#eventsTo(index);
  }

  events(index: number): readonly SpanEvent[] {
    const events: SpanEvent[] = [];
    for (let event = at(this.#eventsFrom.values, index); event < this.#eventsTo(index); event++) {
      events.push({
        name: this.texts.text(at(this.#eventName.values, event)),
        time: at(this.#eventTime.values, event),
        attributes: this.#pool.record(at(this.#eventFrom.values, event), at(this.#eventShape.values, event)),
      });
    }
    return events;
  }

  eventNames(): readonly string[] {
    return [...this.#eventNames].map((id) => this.texts.text(id));
  }

  #eventsTo(index: number): number {
    return index + 1 < this.size ? at(this.#eventsFrom.values, index + 1) : this.#eventName.size;
  }

  #resourceRun(index: number): Run {
    const run = this.#resources[at(this.#resource.values, index)];
    if (run === undefined) throw new RangeError(`Span ${index} has no resource`);
    return run;
  }

  #addEvent(event: SpanEvent): void {
    const name = this.texts.id(event.name);
    this.#eventNames.add(name);
    this.#eventName.push(name);
    this.#eventTime.push(event.time);
    this.#eventFrom.push(this.#pool.size);
    this.#eventShape.push(this.#pool.put(event.attributes));
  }

  #trace(traceId: TraceId, population: number): number {
    // Spans of a trace mostly arrive together.
    let trace = this.traceIds[this.#lastTrace] === traceId ? this.#lastTrace : this.#traces.get(traceId);
    if (trace === undefined) {
      trace = this.traceIds.length;
      this.traceIds.push(traceId);
      this.populations.push(0);
      this.#traces.set(traceId, trace);
    }
    this.#lastTrace = trace;
    this.populations[trace] = (this.populations[trace] ?? 0) | (1 << population);
    return trace;
  }

  /** Resources are few: the spans of one process share one, by identity when one decoder made them, else by content. */
  #resourceId(attributes: Attributes): number {
    const seen = this.#resourcesSeen.get(attributes);
    if (seen !== undefined) return seen;
    const run = { from: this.#pool.size, shape: this.#pool.put(attributes, true) };
    const fingerprint = this.#pool.fingerprint(run);
    const known = this.#resourceIds.get(fingerprint);
    const id = known ?? this.#resources.length;
    if (known === undefined) {
      this.#resources.push(run);
      this.#resourceIds.set(fingerprint, id);
    } else this.#pool.takeBack(run);
    this.#resourcesSeen.set(attributes, id);
    return id;
  }
}

function failed(span: SpanRecord): boolean {
  const kind: SpanKind = span.kind;
  return errorLevel({ kind, status: span.status, attribute: (key) => span.attributes[key] }) >= 2;
}
