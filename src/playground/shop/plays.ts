import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../failure.ts';
import type { ScenarioInfo, ScenarioState, Scenarios } from '../scenarios.ts';
import { deliver, incidentEvent, newId, type Page } from './pager.ts';
import type { Shop } from './shop.ts';

/** What a pager can do with one trouble beside reporting it once. */
type Play = ScenarioInfo & { readonly run: (stage: Stage) => Promise<void> };

type Stage = {
  /** Plays a fault of the shop to its end under the incident's id, and resolves when its alert is out. */
  fault(name: string, incident: string): Promise<void>;
  /** Sends an event of an incident, as of now. */
  tell(
    event: 'triggered' | 'resolved' | 'reopened',
    about: Pick<Page, 'incident' | 'service' | 'title'>,
  ): Promise<void>;
  pause(ms: number): Promise<void>;
};

const CHECKOUT = { service: 'Gateway', title: 'Checkout error rate above 5 %' };
/** Who else notices when checkout fails. */
const OTHERS: readonly Pick<Page, 'service' | 'title'>[] = [
  { service: 'Checkout API', title: 'Checkout success below its objective' },
  { service: 'Order service', title: 'Order latency p95 above 1 s' },
  { service: 'Auth', title: 'Sessions are checked slowly' },
  { service: 'Gateway', title: 'Too many 503 at the edge' },
  { service: 'Shop synthetic check', title: 'The shop cannot be bought from' },
];
const STORM = 60;

const PLAYS: readonly Play[] = [
  {
    name: 'storm',
    title: 'One cause, sixty alerts',
    story: 'Auth slows down, and everybody’s monitoring notices: sixty more incidents within seconds.',
    async run({ fault, tell }) {
      await fault('auth-cascade', newId('Q'));
      const others = Array.from({ length: STORM }, (_, index) => ({
        ...(OTHERS[index % OTHERS.length] ?? CHECKOUT),
        incident: newId('Q'),
      }));
      await Promise.all(others.map((other) => tell('triggered', other)));
    },
  },
  {
    name: 'flap',
    title: 'An alert that cannot make up its mind',
    story: 'Auth slows down; then the alert ends and fires again, five times in ten seconds.',
    async run({ fault, tell, pause }) {
      const incident = newId('Q');
      await fault('auth-cascade', incident);
      for (let round = 0; round < 5; round += 1) {
        await pause(1_000);
        await tell('resolved', { ...CHECKOUT, incident });
        await pause(1_000);
        await tell('reopened', { ...CHECKOUT, incident });
      }
      await pause(1_000);
      await tell('resolved', { ...CHECKOUT, incident });
    },
  },
  {
    name: 're-fire',
    title: 'The same alert, another cause',
    story: 'Auth slows down and recovers; then the same incident fires again, because of something else.',
    async run({ fault, tell, pause }) {
      const incident = newId('Q');
      await fault('auth-cascade', incident);
      await pause(5_000);
      await tell('resolved', { ...CHECKOUT, incident });
      await pause(5_000);
      await fault('tls-retry', incident);
    },
  },
  {
    name: 'recurrence',
    title: 'The same cause, another day',
    story: 'Auth slows down and recovers; four minutes later it does so again, under a new incident.',
    async run({ fault, tell, pause }) {
      const first = newId('Q');
      await fault('auth-cascade', first);
      await pause(5_000);
      await tell('resolved', { ...CHECKOUT, incident: first });
      // Sooner it would be a straggler of the first, which its card answers for.
      await pause(220_000);
      await fault('auth-cascade', newId('Q'));
    },
  },
];

/** Where a fault of the shop ends, the play goes on: it says itself how it ended. */
const OVER: ReadonlySet<ScenarioState['phase']> = new Set(['done', 'idle', 'failed']);

/** The shop's incidents, and behind them what a pager makes of one: a storm, a flap, a re-fire, a recurrence. */
export function withPlays(
  shop: Shop,
  options: { readonly webhookUrl: string; readonly webhookSecret: string },
): Scenarios {
  const states = new Map<string, ScenarioState>(PLAYS.map(({ name }) => [name, { phase: 'idle' }]));
  const closing = new AbortController();
  let running: { readonly play: Play; readonly over: Promise<void> } | undefined;
  let number = 1_000;
  /** The fault that a running play shows at the moment. */
  let shown: string | undefined;

  const stage: Stage = {
    async fault(name, incident) {
      shown = name;
      await shop.start(name, incident);
      for (;;) {
        const { phase, error } = shop.state(name);
        if (phase === 'done') break;
        if (phase === 'failed') throw new Failure('internal', error ?? 'The shop failed.', 'Start it again.');
        await stage.pause(100);
      }
      shown = undefined;
    },
    async tell(event, about) {
      number += 1;
      const page = { ...about, number, firedAt: Date.now() };
      await deliver(incidentEvent(event, page, options.webhookSecret), options.webhookUrl, closing.signal);
    },
    pause: (ms) => sleep(ms, undefined, { signal: closing.signal }),
  };

  async function run(play: Play): Promise<void> {
    const begun = states.get(play.name) ?? { phase: 'starting' };
    try {
      await play.run(stage);
      states.set(play.name, { ...begun, phase: 'done' });
    } catch (thrown) {
      const { message, hint } = Failure.from(thrown);
      states.set(play.name, { ...begun, phase: 'failed', error: `${message} ${hint}` });
    } finally {
      shown = undefined;
      running = undefined;
    }
  }

  return {
    list: () => [...shop.list(), ...PLAYS.map(({ name, title, story }) => ({ name, title, story }))],
    async start(name) {
      const play = PLAYS.find((one) => one.name === name);
      if (running !== undefined) {
        throw new Failure('refused', `"${running.play.name}" is still under way.`, 'Wait until it is over.');
      }
      if (play === undefined) return shop.start(name);
      if (shop.list().some((one) => !['idle', 'done', 'failed'].includes(shop.state(one.name).phase))) {
        throw new Failure('refused', 'The shop plays another incident.', 'Wait for its alert.');
      }
      states.set(name, { phase: 'starting', startedAt: Date.now() * 1_000 });
      running = { play, over: run(play) };
      return { incident: name };
    },
    state(name) {
      const state = states.get(name);
      if (state === undefined) return shop.state(name);
      if (running?.play.name !== name) return state;
      const { phase } = shown === undefined ? { phase: 'alerting' as const } : shop.state(shown);
      return { ...state, phase: OVER.has(phase) ? 'alerting' : phase };
    },
    async close() {
      closing.abort(new Failure('refused', 'The demo shop was closed.', 'Start the bot again.'));
      await running?.over;
      await shop.close();
    },
  };
}
