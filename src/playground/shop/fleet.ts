import { Failure } from '../../failure.ts';
import { type Child, startChild } from './child.ts';
import { Behaviour, type Flushed, type Outcome, type Plan } from './control.ts';

/** The services that make up the shop, callers first. */
export const SERVICES = ['gateway', 'order', 'inventory', 'payment', 'auth'] as const;
export type Service = (typeof SERVICES)[number];

/** How many customers come, for how long and for what; whom they meet is the fleet's business. */
export type Traffic = Omit<Plan, 'gateway' | 'canary'>;

/** Every process of the shop and who calls whom. */
export interface Fleet {
  /** Brings a second version of some services up beside the first; no request reaches it before `send`. */
  release(services: readonly Service[], behaviour: Partial<Behaviour>): Promise<void>;
  /**
   * Where requests go. `stable`: to version 1 everywhere. `replaced`: version 1 calls version 2 where there is one, as after a
   * finished deploy. `beside`: version 2 calls version 2, version 1 calls version 1, as canaries in a lane of their own.
   */
  send(traffic: 'stable' | 'replaced' | 'beside'): Promise<void>;
  /** Ends version 2. */
  withdraw(): Promise<void>;
  behave(who: 'auth' | 'paygw', behaviour: Partial<Behaviour>): Promise<void>;
  /** Lets customers come; resolves when the last one has been served. `canary`: share sent to version 2 of the gateway. */
  visit(plan: Traffic, canary?: number): Promise<void>;
  goHome(): Promise<void>;
  /** Waits for the last span of every service to be handed over. */
  flush(): Promise<Flushed>;
  /** Rejects when a process dies that was not told to. */
  readonly crashed: Promise<never>;
  stop(): Promise<void>;
}

/** Starts version 1 of every service, the payment provider and the customers; all or, when one fails, none. */
export async function startFleet(otlpUrl: string, onOutcome: (outcome: Outcome) => void): Promise<Fleet> {
  const children = new Set<Child>();
  const starting = new Set<Promise<Child>>();
  let stopped = false;
  const crash = Promise.withResolvers<never>();
  crash.promise.catch(() => {});

  async function start(service: string, version: string, traced: boolean): Promise<Child> {
    if (stopped) throw new Failure('refused', 'The demo shop is closing.', 'Start the incident again.');
    const begun = startChild({ service, version, otlpUrl, traced, onOutcome });
    starting.add(begun);
    try {
      const child = await begun;
      children.add(child);
      child.crashed.catch(crash.reject);
      return child;
    } finally {
      starting.delete(begun);
    }
  }
  /** Also ends those that are only just coming up. */
  async function stop(): Promise<void> {
    stopped = true;
    await Promise.allSettled(starting);
    await Promise.all([...children].map((child) => child.stop()));
    children.clear();
  }
  /** Starts several at once and leaves none behind when one does not come up. */
  async function startAll<Name extends string>(names: readonly Name[], version: string): Promise<Map<Name, Child>> {
    const started = await Promise.allSettled(
      names.map(async (name) => [name, await start(name, version, name !== 'paygw' && name !== 'customers')] as const),
    );
    const failed = started.find((one) => one.status === 'rejected');
    if (failed !== undefined) {
      await stop();
      throw failed.reason;
    }
    return new Map(started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  }

  const first = await startAll([...SERVICES, 'paygw', 'customers'], '1');
  let second = new Map<Service, Child>();
  const paygw = member(first, 'paygw');
  const customers = member(first, 'customers');

  function ports(preferSecond: boolean): Record<string, number> {
    const found: Record<string, number> = { paygw: paygw.port };
    for (const name of SERVICES) found[name] = ((preferSecond && second.get(name)) || member(first, name)).port;
    return found;
  }
  async function send(traffic: 'stable' | 'replaced' | 'beside'): Promise<void> {
    const route = (child: Child, preferSecond: boolean) =>
      child.ask({ kind: 'route', routes: { ports: ports(preferSecond), providerCertificate: paygw.certificate } });
    await Promise.all([
      ...SERVICES.map((name) => route(member(first, name), traffic === 'replaced')),
      ...[...second.values()].map((child) => route(child, true)),
    ]);
  }
  await send('stable');

  return {
    crashed: crash.promise,
    send,
    stop,
    async release(services, behaviour) {
      second = await startAll(services, '2');
      const order = { kind: 'behave', behaviour: Behaviour.parse(behaviour) } as const;
      await Promise.all([...second.values()].map((child) => child.ask(order)));
      await send('stable');
    },
    async withdraw() {
      for (const child of second.values()) children.delete(child);
      const leaving = [...second.values()];
      second = new Map();
      await Promise.all(leaving.map((child) => child.stop()));
    },
    async behave(who, behaviour) {
      await member(first, who).ask({ kind: 'behave', behaviour: Behaviour.parse(behaviour) });
    },
    async visit(plan, share) {
      const port = second.get('gateway')?.port;
      const canary = port === undefined || share === undefined ? undefined : { port, share };
      await customers.ask({ kind: 'visit', plan: { ...plan, gateway: member(first, 'gateway').port, canary } });
    },
    async goHome() {
      await customers.ask({ kind: 'go-home' });
    },
    async flush() {
      const traced = [...SERVICES.map((name) => member(first, name)), ...second.values()];
      const answers = await Promise.all(traced.map((child) => child.ask({ kind: 'flush' })));
      return answers.reduce<Flushed>(
        (sum, { flushed }) => ({
          delivered: sum.delivered + (flushed?.delivered ?? 0),
          lost: sum.lost + (flushed?.lost ?? 0),
          reason: flushed?.reason ?? sum.reason,
        }),
        { delivered: 0, lost: 0 },
      );
    },
  };
}

function member<Name extends string>(fleet: ReadonlyMap<Name, Child>, name: Name): Child {
  const child = fleet.get(name);
  if (child === undefined) throw new Failure('internal', `The demo shop has no ${name}.`, 'This is a bug in Causeway.');
  return child;
}
