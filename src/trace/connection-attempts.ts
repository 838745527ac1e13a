import { Flag, Kind, type SpanTable } from '../model/trace.ts';
import { at, byteAt, MILLISECOND, numberAt } from '../model/units.ts';
import { tolerance } from './critical-path.ts';
import { failed } from './errors.ts';

/** How far a connection gets set up: finding the address, connecting, the TLS handshake, or waiting for a free one. */
export type ConnectionPhase = 'dns' | 'tcp' | 'tls' | 'pool';

const PHASES: readonly (readonly [ConnectionPhase, RegExp])[] = [
  ['tls', /^(?:tls\.connect|http\.tls|tls client handshake\b)/i],
  ['tcp', /^(?:tcp\.connect|http\.connect$|socket connect\b)/i],
  ['dns', /^(?:dns\.lookup|http\.dns|dns lookup\b)/i],
  ['pool', /^(?:http\.getconn|http wait_for_connection\b|.*\.(?:acquire|getconnection|borrow)$|pg-pool\.connect)/i],
];

/** The phase a span's name speaks of, in the names of Node's, Go's and .NET's instrumentations. Reference section 4.3. */
export function connectionPhase(name: string): ConnectionPhase | undefined {
  return PHASES.find(([, pattern]) => pattern.test(name))?.[0];
}

/** Several connections set up for one request. */
export type ConnectionAttempts = {
  /** Row of the CLIENT span that needed the connection. */
  readonly client: number;
  readonly phase: ConnectionPhase;
  /** Rows of the phase's spans, by start; two or more, none overlapping the next. */
  readonly attempts: readonly number[];
  /** Those that say that they failed. */
  readonly failures: number;
};

/**
 * CLIENT spans that set up more than one connection in a row. Connections tried side by side (Happy Eyeballs) are not
 * counted. A handshake that was destroyed without an error is never exported by Node, but its `tcp.connect` is, as an
 * orphan: it counts for the only CLIENT span of its service that was under way for its whole length.
 */
export function connectionAttempts(table: SpanTable, ordinal: number): readonly ConnectionAttempts[] {
  const clients = clientsOf(table, ordinal);
  const byClient = new Map<number, Map<ConnectionPhase, number[]>>();
  for (let row = at(table.first, ordinal); row < at(table.first, ordinal + 1); row++) {
    const phase = connectionPhase(table.name(row));
    const client = phase === undefined ? -1 : clientOf(table, clients, row);
    if (phase === undefined || client < 0) continue;
    const phases = byClient.get(client) ?? new Map<ConnectionPhase, number[]>();
    byClient.set(client, phases);
    const rows = phases.get(phase);
    if (rows === undefined) phases.set(phase, [row]);
    else rows.push(row);
  }
  const found: ConnectionAttempts[] = [];
  for (const [client, phases] of [...byClient].sort(([a], [b]) => a - b)) {
    for (const [phase, rows] of [...phases].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const attempts = oneByOne(table, rows);
      const failures = attempts.filter((row) => failed(table, row)).length;
      if (attempts.length > 1) found.push({ client, phase, attempts, failures });
    }
  }
  return found;
}

/** The CLIENT span above a row in its service; for an orphan the only one around it; −1 for none. */
function clientOf(table: SpanTable, clients: ReadonlyMap<number, Clients>, row: number): number {
  const service = at(table.service, row);
  for (let above = at(table.parent, row); above >= 0; above = at(table.parent, above)) {
    if (at(table.service, above) !== service) return -1;
    if (byteAt(table.kind, above) === Kind.client) return above;
  }
  if ((byteAt(table.flags, row) & Flag.orphan) === 0) return -1;
  return clients.get(service)?.around(row) ?? -1;
}

/** The CLIENT spans of one service, found by what they enclose. */
class Clients {
  readonly #table: SpanTable;
  readonly #rows: number[] = [];
  /** The latest end among the rows up to each. */
  readonly #reach: number[] = [];

  constructor(table: SpanTable) {
    this.#table = table;
  }

  /** Rows are added by start. */
  add(row: number): void {
    this.#reach.push(Math.max(numberAt(this.#table.end, row), this.#reach.at(-1) ?? 0));
    this.#rows.push(row);
  }

  /** The only one that was under way for the whole of a row, give or take a grain of its clock; −1 for none or several. */
  around(row: number): number {
    const start = numberAt(this.#table.start, row) + MILLISECOND;
    const end = numberAt(this.#table.end, row) - MILLISECOND;
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numberAt(this.#table.start, this.#rows[middle] ?? row) <= start) low = middle + 1;
      else high = middle;
    }
    let found = -1;
    for (let index = low - 1; index >= 0 && (this.#reach[index] ?? 0) >= end; index--) {
      const client = this.#rows[index] ?? row;
      if (numberAt(this.#table.end, client) < end) continue;
      if (found >= 0) return -1;
      found = client;
    }
    return found;
  }
}

function clientsOf(table: SpanTable, ordinal: number): ReadonlyMap<number, Clients> {
  const rows: number[] = [];
  for (let row = at(table.first, ordinal); row < at(table.first, ordinal + 1); row++) {
    if (byteAt(table.kind, row) === Kind.client) rows.push(row);
  }
  rows.sort((a, b) => numberAt(table.start, a) - numberAt(table.start, b) || a - b);
  const clients = new Map<number, Clients>();
  for (const row of rows) {
    const known = clients.get(at(table.service, row)) ?? new Clients(table);
    clients.set(at(table.service, row), known);
    known.add(row);
  }
  return clients;
}

/** Rows by start without those that overlap the one before. */
function oneByOne(table: SpanTable, rows: readonly number[]): readonly number[] {
  const ordered = rows.toSorted((a, b) => numberAt(table.start, a) - numberAt(table.start, b) || a - b);
  const kept: number[] = [];
  for (const row of ordered) {
    const last = kept.at(-1);
    const reach =
      last === undefined
        ? 0
        : numberAt(table.end, last) - tolerance(numberAt(table.end, last) - numberAt(table.start, last));
    if (last === undefined || numberAt(table.start, row) >= reach) kept.push(row);
  }
  return kept;
}
