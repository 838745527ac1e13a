import type { Attributes, AttributeValue, SpanEvent, SpanKind, SpanLink, SpanRecord } from '../src/model/span.ts';
import type { SpanTable, Trace } from '../src/model/trace.ts';
import type { EpochMicros, SpanId, TraceId } from '../src/model/units.ts';
import { TableBuilder, traceAt } from '../src/trace/build.ts';

/**
 * Traces as text, so that a test shows the geometry that it is about. One line a span; indentation is the parent; times are
 * milliseconds after `DRAWN_EPOCH`, as a bar or as numbers:
 *
 * ```
 * gateway  POST /checkout  server  |==========|
 *   gateway  POST          client  | ======== |  url.full=http://orders/orders
 *     orders  POST /orders server  |  ====    |  !
 *     orders  write audit          |       === |  *flushed@9
 *
 * gateway  POST /checkout  server  0..120  !"deadline passed"  #entry
 *   auth   check                   10..20.5  resource.service.version="2"  retries=3
 * ```
 *
 * A line is `service name… [kind] time marks…`:
 *
 * | part | meaning |
 * | --- | --- |
 * | `service` | one word |
 * | `name…` | everything up to the kind or the time; several spaces count as one |
 * | kind | `server` `client` `producer` `consumer` `internal` `unspecified`; left out: internal |
 * | `5..20` | start and end in ms, fractions allowed; `20..5` is a negative duration |
 * | `\|  ==  \|` | the same as a bar: a column is `options.column` ms (1 unless told); `:` alone is a span of no length |
 * | `!` `!"why"` `ok` | status error, with a message, status ok; left out: unset |
 * | `#label` | a name for the span; two lines with one label share one span id |
 * | `^label` | the parent, in place of the indentation; a label that no line has is a parent that never arrived |
 * | `*name@7` `*name@7{"a":1}` | an event at 7 ms, with attributes as JSON |
 * | `~label` | a link to another span of the drawing |
 * | `scope:name` | the instrumentation scope |
 * | `key=value` | an attribute; numbers, true, false, "text" and JSON lists keep their type, anything else is text |
 * | `resource.key=value` | an attribute of the resource, which always has `service.name` |
 *
 * A line of dashes begins the next trace; empty lines and lines that begin with `//` are skipped.
 */
export function draw(text: string, options: { readonly column?: number } = {}): readonly SpanRecord[] {
  return parse(text, options.column ?? 1).map(({ record }) => record);
}

/** A drawing built into a table, with the rows found by what the drawing calls them. */
export type Drawn = {
  readonly records: readonly SpanRecord[];
  readonly table: SpanTable;
  /** The first trace of the table. */
  readonly trace: Trace;
  /** Row of the span with the label, else of the only span with the name; throws when there is none or more than one. */
  row(name: string): number;
  /** Label of a row, else its name. */
  nameOf(row: number): string;
  /** The span id that a label or a name stands for. */
  idOf(name: string): SpanId;
};

export function drawTable(text: string, options: { readonly column?: number } = {}): Drawn {
  const lines = parse(text, options.column ?? 1);
  const records = lines.map(({ record }) => record);
  const builder = new TableBuilder();
  builder.add(records);
  const table = builder.finish();
  const key = (traceId: TraceId, spanId: SpanId) => `${traceId}/${spanId}`;
  const rowOf = new Map<string, number>();
  for (let ordinal = 0; ordinal < table.traces; ordinal++) {
    const trace = traceAt(table, ordinal);
    for (let row = trace.from; row < trace.to; row++) rowOf.set(key(trace.traceId, table.spanId(row)), row);
  }
  const labels = new Map(
    lines.flatMap(({ label, record }) => (label === undefined ? [] : [[key(record.traceId, record.spanId), label]])),
  );
  const find = (name: string): SpanRecord => {
    const labelled = lines.find(({ label }) => label === name);
    const named = lines.filter(({ record }) => record.name === name);
    const only = labelled ?? (named.length === 1 ? named[0] : undefined);
    if (only === undefined) throw new Error(`The drawing has ${named.length} spans called "${name}"`);
    return only.record;
  };
  const traceOf = (row: number): TraceId => {
    const ordinal = table.traceIds.findIndex((_, index) => row < (table.first[index + 1] ?? 0));
    return table.traceIds[ordinal] ?? '';
  };
  return {
    records,
    table,
    trace: traceAt(table, 0),
    row(name) {
      const record = find(name);
      const row = rowOf.get(key(record.traceId, record.spanId));
      if (row === undefined) throw new Error(`"${name}" was drawn but is not in the table`);
      return row;
    },
    nameOf: (row) => labels.get(key(traceOf(row), table.spanId(row))) ?? table.name(row),
    idOf: (name) => find(name).spanId,
  };
}

/** Moment zero of every drawing, a whole second in 2027. */
export const DRAWN_EPOCH: EpochMicros = 1_800_000_000_000_000;

/** The id of the n-th drawn trace, from 1. */
export const drawnTraceId = (n: number): TraceId => n.toString(16).padStart(32, '0');

type Line = { readonly label: string | undefined; readonly record: SpanRecord };

const KINDS: readonly SpanKind[] = ['server', 'client', 'producer', 'consumer', 'internal', 'unspecified'];
const TIME = /\s(?:(?<from>-?[\d.]*\d)\.\.(?<to>-?\d[\d.]*)|\|(?<bar>[ =:]*)\|)(?=\s|$)/;
const MARK = /(?:"(?:[^"\\]|\\.)*"|\{[^}]*\}|\[[^\]]*\]|[^\s"{[])+/g;

function parse(text: string, column: number): readonly Line[] {
  const blocks = text.split(/^\s*-{3,}\s*$/m);
  let serial = 0;
  return blocks.flatMap((block, index) => {
    const rows = block.split('\n').filter((row) => row.trim() !== '' && !row.trim().startsWith('//'));
    const sketches = rows.map((row) => sketch(row, column));
    const ids = new Map<string, SpanId>();
    const spanIds = sketches.map(({ label }) => {
      const known = label === undefined ? undefined : ids.get(label);
      if (known !== undefined) return known;
      serial += 1;
      const id = serial.toString(16).padStart(16, '0');
      if (label !== undefined) ids.set(label, id);
      return id;
    });
    /** Ids of spans that never arrived are far away from those that did. */
    const idOf = (label: string): SpanId => {
      const id = ids.get(label) ?? `f${(ids.size + 1).toString(16).padStart(15, '0')}`;
      ids.set(label, id);
      return id;
    };
    const traceId = drawnTraceId(index + 1);
    const open: { indent: number; id: SpanId }[] = [];
    return sketches.map((one, position): Line => {
      const spanId = spanIds[position] ?? '';
      while (open.length > 0 && (open.at(-1)?.indent ?? 0) >= one.indent) open.pop();
      const parent = one.parent === undefined ? open.at(-1)?.id : idOf(one.parent);
      open.push({ indent: one.indent, id: spanId });
      const links: readonly SpanLink[] = one.links.map((link) => ({ traceId, spanId: idOf(link), attributes: {} }));
      const record: SpanRecord = {
        ...one.record,
        traceId,
        spanId,
        ...(parent === undefined ? {} : { parentSpanId: parent }),
        links,
      };
      return { label: one.label, record };
    });
  });
}

type Sketch = {
  readonly indent: number;
  readonly label: string | undefined;
  readonly parent: string | undefined;
  readonly links: readonly string[];
  readonly record: Omit<SpanRecord, 'traceId' | 'spanId' | 'parentSpanId' | 'links'>;
};

function sketch(row: string, column: number): Sketch {
  const time = TIME.exec(row);
  if (time === null) throw new Error(`No time in the drawn line "${row.trim()}"`);
  const [service = '', ...words] = row.slice(0, time.index).trim().split(/\s+/);
  const kind = KINDS.find((known) => known === words.at(-1));
  const name = (kind === undefined ? words : words.slice(0, -1)).join(' ');
  const [start, end] = interval(time.groups ?? {}, column);
  const attributes: Record<string, AttributeValue> = {};
  const resource: Record<string, AttributeValue> = { 'service.name': service };
  const events: SpanEvent[] = [];
  const links: string[] = [];
  let label: string | undefined;
  let parent: string | undefined;
  let scope: string | undefined;
  let status: SpanRecord['status'] = 'unset';
  let statusMessage: string | undefined;
  for (const mark of row.slice(time.index + time[0].length).match(MARK) ?? []) {
    const equals = mark.indexOf('=');
    if (mark.startsWith('!')) {
      status = 'error';
      if (mark.length > 1) statusMessage = String(JSON.parse(mark.slice(1)));
    } else if (mark === 'ok') status = 'ok';
    else if (mark.startsWith('#')) label = mark.slice(1);
    else if (mark.startsWith('^')) parent = mark.slice(1);
    else if (mark.startsWith('~')) links.push(mark.slice(1));
    else if (mark.startsWith('*')) events.push(event(mark));
    else if (mark.startsWith('scope:')) scope = mark.slice('scope:'.length);
    else if (mark.startsWith('resource.')) resource[mark.slice('resource.'.length, equals)] = value(mark, equals);
    else if (equals > 0) attributes[mark.slice(0, equals)] = value(mark, equals);
    else throw new Error(`No mark is written "${mark}" in the drawn line "${row.trim()}"`);
  }
  return {
    indent: row.search(/\S/),
    label,
    parent,
    links,
    record: {
      service,
      name,
      kind: kind ?? 'internal',
      start,
      end,
      status,
      attributes,
      resource,
      events,
      ...(statusMessage === undefined ? {} : { statusMessage }),
      ...(scope === undefined ? {} : { scope }),
    },
  };
}

function interval(time: Record<string, string | undefined>, column: number): readonly [EpochMicros, EpochMicros] {
  if (time.bar === undefined) return [moment(Number(time.from)), moment(Number(time.to))];
  const from = time.bar.search(/[=:]/);
  if (from < 0) throw new Error('A drawn bar is empty');
  const length = time.bar.includes('=') ? time.bar.trimEnd().length - from : 0;
  return [moment(from * column), moment((from + length) * column)];
}

const moment = (milliseconds: number): EpochMicros => DRAWN_EPOCH + Math.round(milliseconds * 1_000);

function value(mark: string, equals: number): AttributeValue {
  const text = mark.slice(equals + 1);
  return /^(?:-?\d+(?:\.\d+)?|true|false|".*"|\[.*\])$/.test(text) ? JSON.parse(text) : text;
}

function event(mark: string): SpanEvent {
  const [, name = '', time = '', json = '{}'] = /^\*(.*)@(-?[\d.]+)(\{.*\})?$/.exec(mark) ?? [];
  if (name === '') throw new Error(`An event is written *name@milliseconds, not "${mark}"`);
  const attributes: Attributes = JSON.parse(json);
  return { name, time: moment(Number(time)), attributes };
}
