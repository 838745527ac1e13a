import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Behaviour, FromProcess, Letter, Settings, ToProcess } from './wire.ts';

const UNTRACED = 'tills';
/** Topic → those who are told. */
const SUBSCRIBERS = ['notifier', 'archive'];
const INSTANCES: Readonly<Record<string, number>> = {
  edge: 1,
  booking: 1,
  catalog: 2,
  seats: 1,
  pricing: 1,
  tills: 1,
  acquirer: 1,
  notifier: 1,
  archive: 1,
};
export const SERVICES = Object.keys(INSTANCES);

/** What the way to a service does to those who come. */
export type Way = {
  /** Every piece of a request arrives so much later. */
  readonly delayMs?: number;
  /** This share of new connections is cut as soon as it stands. */
  readonly cut?: number;
};

type Member = { readonly child: ChildProcess; readonly port: number };

/**
 * A theatre that sells tickets: nine services, each a process (catalog two), one of them traced by nobody.
 *
 * ```
 *   edge ─┬─ catalog ×2 ── redis, postgres          (a show: catalog ∥ seats)
 *         ├─ seats ─────── postgres, two connections
 *         └─ booking ─┬─ seats ∥ pricing ∥ catalog  (pricing: mysql, in the names of old conventions)
 *                     ├─ [tills] ── acquirer        (tills sends no spans)
 *                     ├─ postgres
 *                     └╌ bookings ╌┬▶ notifier      (the sender's trace goes on)
 *                                  └▶ archive       (a trace of its own, linked to several)
 * ```
 */
export class Theatre {
  readonly #otlpUrl: string;
  readonly #members = new Map<string, Member[]>();
  readonly #ways = new Map<string, { readonly port: number; readonly server: Server; way: Way }>();
  readonly #old: Member[] = [];

  private constructor(otlpUrl: string) {
    this.#otlpUrl = otlpUrl;
  }

  static async open(otlpUrl: string): Promise<Theatre> {
    const theatre = new Theatre(otlpUrl);
    for (const service of SERVICES) {
      const instances = Array.from({ length: INSTANCES[service] ?? 1 }, (_, nth) => theatre.#start(service, '1', nth));
      theatre.#members.set(service, await Promise.all(instances));
    }
    for (const service of ['seats', 'pricing']) await theatre.#layWay(service);
    theatre.#route();
    return theatre;
  }

  /** Port that customers come to. */
  get door(): number {
    return this.#members.get('edge')?.[0]?.port ?? 0;
  }

  /** A new version takes the place of what ran, instance by instance; the old processes end with the theatre. */
  async deploy(service: string, version: string, behaviour: Behaviour = {}): Promise<void> {
    const before = this.#members.get(service) ?? [];
    const after = await Promise.all(before.map((_, nth) => this.#start(service, version, nth)));
    this.#members.set(service, after);
    this.#old.push(...before);
    this.behave(service, behaviour);
    this.#route();
  }

  /** `instance`: only this one, from 0. */
  behave(service: string, behaviour: Behaviour, instance?: number): void {
    for (const [nth, member] of (this.#members.get(service) ?? []).entries())
      if (instance === undefined || instance === nth) say(member, { kind: 'behave', behaviour });
  }

  /** Changes the way from booking to seats or pricing. */
  bend(to: 'seats' | 'pricing', way: Way): void {
    const known = this.#ways.get(to);
    if (known !== undefined) known.way = way;
  }

  /** Resolves once every finished span has been handed over. */
  async flush(): Promise<void> {
    const traced = SERVICES.filter((name) => name !== UNTRACED).flatMap((name) => this.#members.get(name) ?? []);
    await Promise.all([...traced, ...this.#old].map(flushOne));
  }

  async close(): Promise<void> {
    const all = [...this.#members.values()].flat().concat(this.#old);
    await Promise.all(
      all.map(({ child }) => {
        const gone = once(child, 'exit');
        child.disconnect();
        return gone;
      }),
    );
    for (const { server } of this.#ways.values()) server.close();
  }

  async #start(service: string, version: string, nth: number): Promise<Member> {
    const instance = `${service}-${version}-${nth + 1}`;
    const settings: Settings = { service, version, instance, otlpUrl: this.#otlpUrl };
    const preload = service === UNTRACED ? [] : ['--import', new URL('telemetry.ts', import.meta.url).href];
    const child = fork(fileURLToPath(new URL(`services/${service}.ts`, import.meta.url)), [JSON.stringify(settings)], {
      execArgv: [...preload, '--disable-warning=ExperimentalWarning'],
      env: {},
    });
    child.once('exit', (code) => {
      if (code !== 0) throw new Error(`${instance} ended with code ${code}`);
    });
    const port = await new Promise<number>((resolve) => {
      child.on('message', (message: FromProcess) => {
        if (message.kind === 'ready') resolve(message.port);
        if (message.kind === 'publish') this.#carry(message.letter);
      });
    });
    return { child, port };
  }

  /** The broker. */
  #carry(letter: Letter): void {
    for (const name of SUBSCRIBERS)
      for (const member of this.#members.get(name) ?? []) say(member, { kind: 'letter', letter });
  }

  /** Tells every process where the others are; booking comes to seats and pricing by the ways. */
  #route(): void {
    const ports = [...this.#members].map(([name, members]) => [name, members.map(({ port }) => port)] as const);
    const ways = [...this.#ways].map(([name, { port }]) => [name, [port]] as const);
    for (const [name, members] of this.#members) {
      const routes = Object.fromEntries(name === 'booking' ? [...ports, ...ways] : ports);
      for (const member of members) say(member, { kind: 'route', routes });
    }
  }

  async #layWay(to: string): Promise<void> {
    const server = createServer({ noDelay: true }, (from) => {
      if (Math.random() < (this.#ways.get(to)?.way.cut ?? 0)) from.resetAndDestroy();
      else join(from, connect({ port: this.#members.get(to)?.[0]?.port ?? 9, noDelay: true }), () => this.#delayTo(to));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#ways.set(to, { server, port: (server.address() as AddressInfo).port, way: {} });
  }

  #delayTo(service: string): number {
    return this.#ways.get(service)?.way.delayMs ?? 0;
  }
}

/** Both ends hear each other, what comes in as much later as `delayMs` says. */
function join(from: Socket, to: Socket, delayMs: () => number): void {
  to.pipe(from);
  from.on('data', async (piece) => {
    const ms = delayMs();
    if (ms > 0) await sleep(ms);
    to.write(piece);
  });
  from.on('end', () => to.end());
  for (const [one, other] of [
    [from, to],
    [to, from],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}

function say({ child }: Member, message: ToProcess): void {
  child.send(message);
}

async function flushOne(member: Member): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listen = (message: FromProcess) => {
    if (message.kind === 'flushed') resolve();
  };
  member.child.on('message', listen);
  say(member, { kind: 'flush' });
  await promise;
  member.child.off('message', listen);
}
