import type { Attributes, SpanRecord } from '../../src/model/span.ts';
import type { EpochMicros } from '../../src/model/units.ts';
import type { Conditions, Route } from './conditions.ts';
import { callProvider } from './handshakes.ts';
import type { Random } from './random.ts';
import type { Operation } from './sdks.ts';
import type { Role, Town } from './town.ts';
import { type Open, Writer } from './writer.ts';

const operation = (method: string, route: string, path = route): Operation => ({ method, route, path });
const PORT = 8_080;
/** How many charges of a window have been made so far; shared by its requests. */
export type Tally = { charges: number };
/** Who asks. */
export type Caller = { readonly user: string; readonly address: string; readonly agent: string; readonly rows: number };

/**
 * One request through the town, as its conditions make it:
 *
 * ```
 *   gateway → auth                     (or order asks auth)
 *           → order → stock            SELECT, UPDATE
 *                   → payment → the provider, which sends no spans
 *           ⇢ notifier                 nobody waits for it
 * ```
 */
export class Request {
  readonly #writer: Writer;
  readonly #town: Town;
  readonly #random: Random;
  readonly #conditions: Conditions;
  readonly #tally: Tally;
  readonly #caller: Caller;
  readonly #released: boolean;
  readonly #id: string;

  constructor(town: Town, random: Random, conditions: Conditions, start: EpochMicros, caller: Caller, tally: Tally) {
    this.#town = town;
    this.#random = random;
    this.#conditions = conditions;
    this.#tally = tally;
    this.#caller = caller;
    this.#released = random.chance(conditions.release?.share ?? 0);
    this.#writer = new Writer(random, start, conditions.load);
    this.#id = `o-${random.hex(8)}`;
  }

  /** Its spans, in no particular order, as they are exported. */
  run(route: Route): readonly SpanRecord[] {
    switch (route) {
      case 'checkout':
        this.#enter(operation('POST', '/checkout'), (visit) => this.#checkout(visit));
        break;
      case 'cart':
        this.#enter(operation('POST', '/cart'), (visit) =>
          this.#call(visit, 'order', operation('POST', '/carts'), (there) => this.#query(there, 'UPDATE', 'carts', 1)),
        );
        break;
      case 'item':
        this.#enter(operation('GET', '/items/{id}', `/items/${Math.floor(this.#random.between(1, 900))}`), (visit) =>
          this.#call(visit, 'stock', operation('GET', '/levels'), (there) => this.#query(there, 'SELECT', 'levels', 1)),
        );
        break;
      case 'history':
        this.#enter(operation('GET', '/history'), (visit) => this.#history(visit, this.#caller.rows));
        break;
      case 'report':
        // Heavier than anything else, and always was.
        this.#enter(operation('GET', '/reports'), (visit) =>
          this.#call(visit, 'order', operation('GET', '/reports'), (there) => {
            this.#work(there, 180);
            return this.#query(there, 'SELECT', 'sales', 40);
          }),
        );
    }
    return this.#writer.spans;
  }

  #enter(what: Operation, body: (visit: Open) => number): void {
    const { user, address, agent } = this.#caller;
    const process = this.#town.process('gateway', this.#version('gateway'));
    const heading = process.sdk.server(what);
    const from: Attributes = { 'user.id': user, 'client.address': address, 'user_agent.original': agent };
    const visit = this.#writer.open(process, 'server', { ...heading, attributes: { ...heading.attributes, ...from } });
    const turnedAway = this.#random.chance(this.#conditions.shed);
    this.#work(visit, turnedAway ? 0.5 : 3);
    const code = turnedAway ? 503 : body(visit);
    this.#burn(visit);
    this.#writer.close(visit, process.sdk.answered(code, 'server'));
  }

  #checkout(visit: Open): number {
    const { tries, authAt } = this.#town;
    if (authAt === 'gateway') {
      const allowed = this.#authorise(visit);
      if (allowed !== 200) return 503;
    }
    let code = 0;
    const most = this.#conditions.retries ? tries.order : 1;
    for (let attempt = 1; attempt <= most && code !== 201; attempt++) {
      if (attempt > 1) this.#writer.work(60);
      code = this.#call(visit, 'order', operation('POST', '/orders'), (there) => this.#placeOrder(there));
    }
    if (code === 201) this.#notify(visit);
    return code === 201 ? 201 : 503;
  }

  #placeOrder(visit: Open): number {
    this.#work(visit, 2);
    if (this.#town.authAt === 'order' && this.#authorise(visit) !== 200) return 503;
    this.#query(visit, 'SELECT', 'carts', 1);
    const reserve = () =>
      this.#call(visit, 'stock', operation('POST', '/reservations'), (there) => {
        this.#work(there, 3);
        this.#query(there, 'SELECT', 'levels', 1);
        this.#query(there, 'UPDATE', 'levels', 1);
        this.#writer.work(4 + this.#conditions.reserveTime);
        return 201;
      });
    const commit = () => this.#query(visit, 'INSERT', 'orders', 1);
    const { besideOn = visit.process.version, commit: when } = this.#conditions;
    if (when === 'beside' && visit.process.version === besideOn) this.#writer.together(reserve, commit);
    else {
      reserve();
      this.#work(visit, 0.5);
      commit();
    }
    this.#call(visit, 'payment', operation('POST', '/charges'), (there) => this.#charge(there));
    return 201;
  }

  #charge(visit: Open): number {
    const { provider, fresh, limits, tries, spanPerTry } = this.#town;
    this.#work(visit, 2);
    const cold = this.#tally.charges++ < this.#conditions.coldCharges;
    const opens = cold || this.#random.chance(fresh);
    const setup = {
      limit: limits.handshake,
      tries: tries.handshake,
      hangs: () => this.#random.chance(this.#conditions.handshakesHang),
      usual: cold ? 60 : 6,
      spanPerTry,
    };
    const to = { host: provider, port: 443, secure: true };
    const takes = this.#conditions.providerTime * visit.process.pace;
    callProvider(this.#writer, this.#random, visit.process, visit, to, takes, opens ? setup : undefined);
    this.#query(visit, 'INSERT', 'receipts', 1);
    return 201;
  }

  /** Asks auth until it answers, as often as is tried; the code of the last answer, 0 for none. */
  #authorise(visit: Open): number {
    const { tries, limits } = this.#town;
    const { retries, authTime, authFails } = this.#conditions;
    const most = retries ? tries.auth : 1;
    let code = 0;
    for (let attempt = 1; attempt <= most && code !== 200; attempt++) {
      if (attempt > 1) this.#writer.work(25 * attempt);
      const what = operation('POST', '/authorisations');
      const fails = this.#random.chance(authFails);
      const body = (there: Open) => {
        this.#query(there, 'SELECT', 'sessions', 1);
        if (fails) return 503;
        this.#work(there, authTime);
        return 200;
      };
      code = this.#call(visit, 'auth', what, body, limits.auth);
    }
    return code;
  }

  #history(visit: Open, rows: number): number {
    this.#call(visit, 'order', operation('GET', '/orders'), (there) => this.#query(there, 'SELECT', 'orders', rows));
    return this.#call(visit, 'payment', operation('GET', '/receipts'), (there) =>
      this.#query(there, 'SELECT', 'receipts', rows),
    );
  }

  #notify(visit: Open): void {
    const { distraction } = this.#conditions;
    this.#writer.aside(() =>
      this.#call(visit, 'notifier', operation('POST', '/notices'), (there) => {
        this.#work(there, distraction ? 80 : 5);
        return 202;
      }),
    );
  }

  #query(visit: Open, verb: string, table: string, rows: number): number {
    const { process } = visit;
    const heading = process.sdk.query(verb, table, process.name);
    const span = this.#writer.open(process, 'client', heading, visit);
    // A thousand rows more take some 40 ms more.
    this.#writer.work(2 + rows / 25);
    this.#writer.close(span, verb === 'SELECT' ? { attributes: { 'db.response.returned_rows': rows } } : {});
    return 200;
  }

  /** A call from one service to another; 0 when the caller gave up before the answer came. */
  #call(
    visit: Open,
    to: Role,
    what: Operation,
    body: (there: Open) => number,
    limit = Number.POSITIVE_INFINITY,
  ): number {
    const writer = this.#writer;
    const caller = visit.process;
    const callee = this.#town.process(to, this.#version(to));
    const asked = writer.now;
    const client = writer.open(
      caller,
      'client',
      caller.sdk.client(what, { host: callee.name, port: PORT, secure: false }),
      visit,
    );
    writer.work(0.5);
    const heading = callee.sdk.server(what);
    const attributes = { ...heading.attributes, 'order.id': this.#id };
    const there = writer.open(callee, 'server', { ...heading, attributes }, client);
    const code = body(there);
    this.#burn(there);
    const done = writer.now;
    writer.work(0.5);
    if (writer.now - asked <= limit * 1_000) {
      // The last bytes leave a server's hands a little after the client has what it needs, or before.
      writer.close(there, callee.sdk.answered(code, 'server'), done + this.#random.between(-300, 1_200));
      writer.close(client, caller.sdk.answered(code, 'client'));
      return code;
    }
    const gaveUp = asked + (limit + this.#random.between(0, 4)) * 1_000;
    writer.close(
      there,
      callee.sdk.answered(200, 'server'),
      callee.sdk.endsAtHangUp ? gaveUp + this.#random.between(-500, 1_700) : done,
    );
    writer.close(client, caller.sdk.gaveUp(callee.name, limit), gaveUp);
    writer.now = gaveUp;
    return 0;
  }

  /** Own work of a service, ms. */
  #work({ process }: Open, ms: number): void {
    this.#writer.work(ms * process.pace * (this.#conditions.drag ?? 1));
  }

  /** What the version costs on every answer. */
  #burn({ process }: Open): void {
    const { burn } = this.#conditions;
    if (burn !== undefined && process.version === burn.version) this.#writer.work(burn.ms);
  }

  #version(role: Role): string {
    const { release, distraction } = this.#conditions;
    if (role === 'notifier' && distraction) return '7';
    return release !== undefined && this.#released && release.roles.includes(role) ? release.version : '1';
  }
}
