import type { SpanTable } from '../model/trace.ts';
import { at } from '../model/units.ts';
import type { Calls } from '../trace/calls.ts';
import { peerName } from '../trace/peer.ts';

/** Services, and peers that send no spans, as one numbered list: whoever can be at fault. */
export type Parties = {
  readonly names: readonly string[];
  /** Parties below this number are services with spans of their own. */
  readonly services: number;
};

type Naming = { readonly peer: Int32Array; readonly party: Int32Array; readonly parties: Parties };

/**
 * Numbers every service (by name, so that the order of spans means nothing) and finds out to whom each outbound span spoke:
 * the service of the span it reached; else the service that other calls reached at the same address or by the same
 * operation, so that a service which froze before it could send a span is still called by its name; else a silent peer
 * named by its attributes.
 */
export function nameParties(table: SpanTable, calls: Calls): Naming {
  const { names, numberOf } = numberServices(table);
  const party = table.service.map((service) => at(numberOf, service));
  const services = names.length;

  const peer = new Int32Array(table.size).fill(-1);
  const unanswered: number[] = [];
  for (let call = 0; call < calls.count; call++) {
    const row = at(calls.client, call);
    const entry = at(calls.server, call);
    if (entry >= 0) peer[row] = at(party, entry);
    else unanswered.push(row);
  }
  if (unanswered.length > 0) {
    const book = new AddressBook(table, calls.client, peer);
    const silent = unanswered.map((row) => {
      const known = book.find(row);
      if (known !== undefined) peer[row] = known;
      return known === undefined ? silentName(table, row, services, names) : undefined;
    });
    const fresh = [...new Set(silent.filter((name) => name !== undefined))].filter((name) => !names.includes(name));
    names.push(...fresh.sort());
    const byName = new Map(names.map((name, number) => [name, number]));
    unanswered.forEach((row, i) => {
      const name = silent[i];
      if (name !== undefined) peer[row] = byName.get(name) ?? -1;
    });
  }
  return { peer, party, parties: { names, services } };
}

/** A store may bear a service's name; it is still not the service. */
function silentName(table: SpanTable, row: number, services: number, names: readonly string[]): string | undefined {
  const name = peerName(table, row);
  const store = table.attribute(row, 'db.system.name') ?? table.attribute(row, 'messaging.system.name');
  const taken = name !== undefined && store !== undefined && names.indexOf(name) >= 0 && names.indexOf(name) < services;
  return taken ? `${name} (${store})` : name;
}

/** The names of all services, sorted, and the place of each there by its text id. */
function numberServices(table: SpanTable): { readonly names: string[]; readonly numberOf: Int32Array } {
  let ids = 0;
  for (let row = 0; row < table.size; row++) ids = Math.max(ids, at(table.service, row) + 1);
  const numberOf = new Int32Array(ids).fill(-1);
  const found: { readonly id: number; readonly name: string }[] = [];
  for (let row = 0; row < table.size; row++) {
    const id = at(table.service, row);
    if (at(numberOf, id) === -1) {
      numberOf[id] = found.length;
      found.push({ id, name: table.text(id) });
    }
  }
  found.sort((a, b) => (a.name < b.name ? -1 : 1));
  found.forEach(({ id }, number) => {
    numberOf[id] = number;
  });
  return { names: found.map(({ name }) => name), numberOf };
}

/** Which service answers at an address, and which service a caller's operation reaches, learned from the calls that show it. */
class AddressBook {
  readonly #table: SpanTable;
  readonly #byAddress = new Map<string, Map<number, number>>();
  readonly #byOperation = new Map<string, Map<number, number>>();

  constructor(table: SpanTable, clients: Int32Array, peer: Int32Array) {
    this.#table = table;
    for (const row of clients) {
      const known = at(peer, row);
      if (known < 0) continue;
      count(this.#byOperation, this.#operation(row), known);
      const address = addressOf(table, row);
      if (address !== undefined) count(this.#byAddress, address, known);
    }
  }

  find(row: number): number | undefined {
    const address = addressOf(this.#table, row);
    const there = address === undefined ? undefined : this.#byAddress.get(address);
    if (there !== undefined) return usual(there);
    if (!this.#mayGuess(row, address)) return undefined;
    const known = this.#byOperation.get(this.#operation(row));
    return known === undefined ? undefined : usual(known);
  }

  /**
   * By its operation only a plain call is guessed: not a database or a queue, which have names of their own, not a bare
   * verb (`POST`), which every call shares, and not a call that says which host it meant.
   */
  #mayGuess(row: number, address: string | undefined): boolean {
    const table = this.#table;
    if (table.attribute(row, 'db.system.name') !== undefined) return false;
    if (table.attribute(row, 'server.service.name') !== undefined) return false;
    if (!/[^A-Z]/.test(table.text(at(table.operation, row)))) return false;
    return address === undefined || isBare(String(table.attribute(row, 'server.address') ?? ''));
  }

  #operation(row: number): string {
    return `${at(this.#table.service, row)} ${at(this.#table.operation, row)}`;
  }
}

function count(book: Map<string, Map<number, number>>, key: string, party: number): void {
  let parties = book.get(key);
  if (parties === undefined) {
    parties = new Map();
    book.set(key, parties);
  }
  parties.set(party, (parties.get(party) ?? 0) + 1);
}

/** The party that nine in ten calls reach; none when they scatter. */
function usual(parties: ReadonlyMap<number, number>): number | undefined {
  let total = 0;
  for (const n of parties.values()) total += n;
  for (const [party, n] of parties) if (n >= 0.9 * total) return party;
  return undefined;
}

function addressOf(table: SpanTable, row: number): string | undefined {
  const named = table.attribute(row, 'server.service.name');
  if (named !== undefined) return String(named);
  const host = table.attribute(row, 'server.address');
  if (host === undefined) return undefined;
  const port = table.attribute(row, 'server.port');
  return port === undefined ? String(host) : `${host}:${port}`;
}

/** An address that names nobody by itself. */
function isBare(host: string): boolean {
  return host === 'localhost' || host.includes(':') || /^[\d.]+$/.test(host);
}
