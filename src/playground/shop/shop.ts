import { Failure } from '../../failure.ts';
import type { Log } from '../../ports/log.ts';
import type { ScenarioState, Scenarios } from '../scenarios.ts';
import type { Outcome } from './control.ts';
import { FAULTS, type Fault, HEALTHY, TRICKLE } from './faults.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { isHealthy, summarise, watch } from './monitoring.ts';
import { deliver, incidentTriggered, newId } from './pager.ts';

export type ShopOptions = {
  /** Full address that the services post spans to, as `http://127.0.0.1:4318/v1/traces`. */
  readonly otlpUrl: string;
  /** Where the pager's webhooks go, as `http://127.0.0.1:3000/webhooks/pagerduty`. */
  readonly webhookUrl: string;
  readonly webhookSecret: string;
  readonly log: Log;
  /** The processes are stopped when nobody has started an incident for so long; a quarter of an hour by default. */
  readonly idleMs?: number;
  /** Told how each customer was served, whatever is being played: what a monitoring of the shop would count. */
  observe?(outcome: Outcome): void;
};

export type Shop = Omit<Scenarios, 'start'> & {
  /** As any scenario's start; the alert carries the incident's id where one is given. */
  start(name: string, incident?: string): Promise<{ incident: string }>;
};

/** How often the fault's traffic comes before the shop gives up waiting for its alert. */
const ROUNDS = 3;

/**
 * The demo shop: five traced services and the world around them, each a process of its own. One run:
 *
 * ```
 *   starting │ healthy traffic │ fault            │ alerting                     │ done
 *   processes│ about 200       │ the same customers, a symptom crosses the        │ healed,
 *   come up  │ requests        │ threshold (created_at) │ drain, flush, webhook   │ trickle
 * ```
 */
export function createShop(options: ShopOptions): Shop {
  const { otlpUrl, webhookUrl, webhookSecret, log, idleMs = 15 * 60_000 } = options;
  const states = new Map<string, ScenarioState>(FAULTS.map(({ name }) => [name, { phase: 'idle' }]));
  let fleet: Fleet | undefined;
  let running: { readonly name: string; readonly over: Promise<void> } | undefined;
  let idle: NodeJS.Timeout | undefined;
  const closing = new AbortController();
  const closed = new Promise<never>((_, reject) => {
    closing.signal.addEventListener('abort', () => reject(closing.signal.reason), { once: true });
  });
  closed.catch(() => {});
  let incidents = 0;
  let listener: (outcome: Outcome) => void = () => {};

  function faultNamed(name: string): Fault {
    const fault = FAULTS.find((one) => one.name === name);
    if (fault !== undefined) return fault;
    const known = FAULTS.map((one) => one.name).join(', ');
    throw new Failure('not-found', `There is no incident called "${name}".`, `Choose one of: ${known}.`);
  }

  async function up(): Promise<Fleet> {
    if (fleet !== undefined) {
      await fleet.goHome();
      return fleet;
    }
    const started = await startFleet(otlpUrl, (outcome) => {
      options.observe?.(outcome);
      listener(outcome);
    });
    fleet = started;
    // Between runs nobody waits on the processes: a death is written down and the next run starts afresh.
    started.crashed.catch((failure) => {
      log.warn({ reason: Failure.from(failure).message }, 'A process of the demo shop ended by itself');
      if (running === undefined) void down();
    });
    return started;
  }

  async function down(): Promise<void> {
    clearTimeout(idle);
    const stopped = fleet;
    fleet = undefined;
    await stopped?.stop();
  }

  async function run(fault: Fault, incident: string): Promise<void> {
    const tell = (state: Partial<ScenarioState>) =>
      states.set(fault.name, { ...(states.get(fault.name) ?? { phase: 'starting' }), ...state });
    let end: Partial<ScenarioState> = { phase: 'done' };
    try {
      const shop = await up();
      await Promise.race([shop.crashed, closed, play(shop, fault, incident, tell)]);
    } catch (thrown) {
      const failure = Failure.from(thrown);
      log.error({ scenario: fault.name, reason: failure.message }, 'The demo shop could not play the incident');
      end = { phase: 'failed', error: `${failure.message} ${failure.hint}` };
      await down();
    }
    // Whoever reads that a run is over may start the next one.
    running = undefined;
    tell(end);
  }

  async function play(
    shop: Fleet,
    fault: Fault,
    incident: string,
    tell: (state: Partial<ScenarioState>) => void,
  ): Promise<void> {
    await fault.prepare?.(shop);
    tell({ phase: 'healthy traffic' });
    const healthy: Outcome[] = [];
    listener = (outcome) => healthy.push(outcome);
    await shop.visit(HEALTHY);
    if (!isHealthy(healthy)) {
      throw new Failure(
        'internal',
        'The demo shop did not serve its customers even before the fault.',
        'Start it again.',
      );
    }
    const usual = summarise(healthy);

    const alarm = watch((outcome) => fault.symptom(outcome, usual));
    listener = alarm.see;
    await fault.begin(shop);
    tell({ phase: 'fault', faultAt: Date.now() * 1_000 });
    // Customers choose by chance, so few may meet the fault at first; an alert rule would go on looking as well.
    for (let round = 0; round < ROUNDS && alarm.firedAt() === undefined; round++) {
      await shop.visit(fault.traffic, fault.canary);
    }
    listener = () => {};

    const firedAt = alarm.firedAt();
    if (firedAt === undefined) {
      throw new Failure('internal', `Too few customers noticed "${fault.title}": ${alarm.tally()}.`, 'Start it again.');
    }
    tell({ phase: 'alerting', alertedAt: firedAt * 1_000 });
    const { delivered, lost, reason } = await shop.flush();
    if (delivered === 0) {
      throw new Failure(
        'unreachable',
        `None of the shop's spans were taken in at ${otlpUrl}: ${reason ?? 'there were none'}.`,
        'See whether the OTLP port is taken by another program, and start it again.',
      );
    }
    if (lost > 0)
      log.warn({ scenario: fault.name, lost, delivered, reason }, 'Some spans of the demo shop were not taken in');
    incidents += 1;
    const page = { incident, number: incidents, firedAt, ...fault.page };
    await deliver(incidentTriggered(page, webhookSecret), webhookUrl, closing.signal);
    log.info(
      { scenario: fault.name, incident, spans: delivered, customers: alarm.tally() },
      'The demo shop has alerted',
    );
    await heal(shop);
  }

  /** Undoes every fault and lets a few customers come, as they do in any shop. */
  async function heal(shop: Fleet): Promise<void> {
    await shop.behave('auth', {});
    await shop.behave('paygw', {});
    await shop.send('stable');
    await shop.withdraw();
    // Ends with the fleet; a process that dies meanwhile is told of where the fleet was started.
    shop.visit(TRICKLE).catch(() => {});
    clearTimeout(idle);
    idle = setTimeout(() => void down(), idleMs).unref();
  }

  return {
    list: () => FAULTS.map(({ name, title, story }) => ({ name, title, story })),

    async start(name: string, incident: string = newId('Q')) {
      const fault = faultNamed(name);
      if (running !== undefined) {
        throw new Failure(
          'refused',
          `The incident "${running.name}" is still under way.`,
          'Wait for its alert, then start the next one.',
        );
      }
      closing.signal.throwIfAborted();
      clearTimeout(idle);
      states.set(name, { phase: 'starting', startedAt: Date.now() * 1_000, incident });
      running = { name, over: run(fault, incident) };
      return { incident };
    },

    state: (name) => states.get(faultNamed(name).name) ?? { phase: 'idle' },

    async close() {
      closing.abort(new Failure('refused', 'The demo shop was closed.', 'Start the bot again.'));
      await running?.over;
      await down();
    },
  };
}
