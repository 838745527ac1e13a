import type { Attributes, AttributeValue, SpanLink, SpanRecord, SpanStatus } from '../model/span.ts';
import { Kind } from '../model/trace.ts';
import { at, type SpanId, type TraceId } from '../model/units.ts';
import { AttributePool, type Run } from './attribute-pool.ts';
import { Dictionary, IntColumn, NumberColumn } from './column.ts';
import { errorLevel, TELL_FAILURE } from './errors.ts';
import { operationOf, type Spoken, spokenBy } from './operation.ts';
import { idText, readId } from './span-id.ts';
import { StagedEvents } from './staged-events.ts';

const STATUS = { unset: 0, ok: 1, error: 2 } as const satisfies Record<SpanStatus, number>;
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
  /** With which probability it was kept, by trace: the greatest that a root says, 0 where none does. */
  readonly probabilities: number[] = [];
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
  readonly events = new StagedEvents(this.texts, this.#pool);
  readonly #name = new IntColumn();
  readonly #status = new IntColumn();
  readonly #messages = new Map<number, string>();
  readonly #scope = new IntColumn();
  readonly #resource = new IntColumn();
  readonly #resources: Run[] = [];
  /** By shape. */
  readonly #toldBy: Told[] = [];
  /** By resource. */
  readonly #lastService: { readonly text: string; readonly id: number }[] = [];
  readonly #resourceIds = new Map<string, number>();
  readonly #resourcesSeen = new WeakMap<Attributes, number>();
  /** Where the attributes of a span begin, and the shape of their keys. */
  readonly #attributesFrom = new IntColumn();
  readonly #attributesShape = new IntColumn();

  get size(): number {
    return this.trace.size;
  }

  add(span: SpanRecord, population: number): void {
    const index = this.size;
    const trace = this.#trace(span.traceId, population);
    this.trace.push(trace);
    readId(span.spanId, this.idHigh, this.idLow);
    const parent = span.parentSpanId;
    if (parent === undefined) {
      this.parentHigh.push(0);
      this.parentLow.push(0);
      this.probabilities[trace] = Math.max(this.probabilities[trace] ?? 0, span.probability ?? 0);
    } else readId(parent, this.parentHigh, this.parentLow);
    this.start.push(span.start);
    this.end.push(span.end);
    this.kind.push(Kind[span.kind]);
    this.#attributesFrom.push(this.#pool.size);
    const shape = this.#pool.put(span.attributes);
    this.#attributesShape.push(shape);
    const told = this.#told(shape);
    this.marks.push((parent === undefined ? 0 : Mark.hasParent) | (failed(span, told.failure) ? Mark.error : 0));
    this.operation.push(this.texts.id(operationOf(span, told.spoken)));
    this.#name.push(this.texts.id(span.name));
    this.#status.push(STATUS[span.status]);
    if (span.statusMessage !== undefined) this.#messages.set(index, span.statusMessage);
    this.#scope.push(span.scope === undefined ? -1 : this.texts.id(span.scope));
    const resource = this.#resourceId(span.resource);
    this.#resource.push(resource);
    this.service.push(this.#serviceId(span.service, resource));
    this.events.add(span.events);
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

  #resourceRun(index: number): Run {
    const run = this.#resources[at(this.#resource.values, index)];
    if (run === undefined) throw new RangeError(`Span ${index} has no resource`);
    return run;
  }

  #trace(traceId: TraceId, population: number): number {
    // Spans of a trace mostly arrive together.
    let trace = this.traceIds[this.#lastTrace] === traceId ? this.#lastTrace : this.#traces.get(traceId);
    if (trace === undefined) {
      trace = this.traceIds.length;
      this.traceIds.push(traceId);
      this.populations.push(0);
      this.probabilities.push(0);
      this.#traces.set(traceId, trace);
    }
    this.#lastTrace = trace;
    this.populations[trace] = (this.populations[trace] ?? 0) | (1 << population);
    return trace;
  }

  #told(shape: number): Told {
    const known = this.#toldBy[shape];
    if (known !== undefined) return known;
    const keys = this.#pool.names(shape);
    const told = { spoken: spokenBy(keys), failure: keys.some((key) => TELL_FAILURE.includes(key)) };
    this.#toldBy[shape] = told;
    return told;
  }

  /** Spans of one resource are of one service, mostly, and to compare two texts is cheaper than to look one up. */
  #serviceId(service: string, resource: number): number {
    const last = this.#lastService[resource];
    if (last !== undefined && last.text === service) return last.id;
    const id = this.texts.id(service);
    this.#lastService[resource] = { text: service, id };
    return id;
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

/** What the keys of a span say before its values are looked at. */
type Told = {
  readonly spoken: Spoken;
  /** Whether a value may say that the span failed. */
  readonly failure: boolean;
};

function failed(span: SpanRecord, mayTell: boolean): boolean {
  if (span.status !== 'unset') return span.status === 'error';
  const { kind, status, attributes } = span;
  return mayTell && errorLevel({ kind, status, attribute: (key) => attributes[key] }) >= 2;
}
