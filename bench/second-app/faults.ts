import type { Theatre } from './theatre.ts';

export type Fault = {
  readonly name: string;
  /** What went wrong, as the labels of a case say it. Nobody is faulty when nothing is wrong. */
  readonly services: readonly string[];
  /** One of the mechanisms of `src/model/finding.ts` that a right verdict may name; none when nothing is wrong. */
  readonly mechanisms: readonly string[];
  readonly story: string;
  /** Requests a second, if they are not as many as before. */
  readonly perSecond?: number;
  begin(theatre: Theatre): Promise<void> | void;
};

/** Everything that is made to go wrong, one recording each, and three in which nothing is. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'slow-leaf',
    services: ['pricing'],
    mechanisms: ['slow-operation'],
    story: 'half of the quotes compute 70 ms longer',
    begin: (theatre) => theatre.behave('pricing', { slowMs: 70, share: 0.5 }),
  },
  {
    name: 'slow-query',
    services: ['seats'],
    mechanisms: ['slow-query'],
    story: 'the look at the seat map takes 60 instead of 4 ms',
    begin: (theatre) => theatre.behave('seats', { slowQueryMs: 60 }),
  },
  {
    name: 'n-plus-one',
    services: ['catalog'],
    mechanisms: ['n-plus-one'],
    story: 'catalog 2 reads 8 to 12 performances one by one',
    begin: (theatre) => theatre.deploy('catalog', '2', { oneByOne: true }),
  },
  {
    name: 'bad-instance',
    services: ['catalog'],
    mechanisms: ['bad-instance'],
    story: 'the second of two instances of catalog needs 80 ms more',
    begin: (theatre) => theatre.behave('catalog', { slowMs: 80 }, 1),
  },
  {
    name: 'connection-reset',
    services: ['seats'],
    mechanisms: ['connection-setup', 'retry-amplification', 'error'],
    story: '40 % of new connections from booking to seats are reset, booking tries three times',
    begin: (theatre) => theatre.bend('seats', { cut: 0.4 }),
  },
  {
    name: 'swallowed-error',
    services: ['pricing'],
    mechanisms: ['swallowed-error', 'error'],
    story: '30 % of quotes fail; booking goes on without a price, edge falls over it with 500',
    begin: (theatre) => theatre.behave('pricing', { failing: 0.3 }),
  },
  {
    name: 'timeout-retries',
    services: ['seats'],
    mechanisms: ['timeout', 'slow-operation'],
    story:
      'a third of the requests to seats takes 600 ms; booking gives up after 200 and tries three times, edge twice',
    begin: (theatre) => theatre.behave('seats', { slowMs: 600, share: 0.33 }),
  },
  {
    name: 'version-overhead',
    services: ['booking', 'seats', 'pricing'],
    mechanisms: ['per-hop-overhead', 'version-regression'],
    story: 'version 2 of booking, seats and pricing needs 30 ms more for each request',
    async begin(theatre) {
      for (const service of this.services) await theatre.deploy(service, '2', { slowMs: 30 });
    },
  },
  {
    name: 'pause',
    services: ['pricing'],
    mechanisms: ['pause'],
    story: 'the process of pricing stands still for 250 of every 900 ms',
    begin: (theatre) => theatre.behave('pricing', { pause: { ms: 250, everyMs: 900 } }),
  },
  {
    name: 'network-delay',
    services: ['pricing'],
    mechanisms: ['network-delay'],
    story: 'what booking sends to pricing arrives 60 ms later',
    begin: (theatre) => theatre.bend('pricing', { delayMs: 60 }),
  },
  {
    name: 'premature-write',
    services: ['booking'],
    mechanisms: ['premature-commit', 'order-inversion'],
    story: 'booking 2 writes before the seat is held',
    begin: (theatre) => theatre.deploy('booking', '2', { writesFirst: true }),
  },
  {
    name: 'pool-exhaustion',
    services: ['seats'],
    mechanisms: ['pool-wait'],
    story: 'an untraced report holds both connections of seats for 130 of every 300 ms',
    begin: (theatre) => theatre.behave('seats', { report: { ms: 130, everyMs: 300 } }),
  },
  {
    name: 'blind-spot',
    services: ['tills'],
    mechanisms: ['blind-spot', 'network-delay'],
    story: 'tills, which nobody traces, needs 90 ms more before it asks acquirer',
    begin: (theatre) => theatre.behave('tills', { slowMs: 90 }),
  },
  {
    name: 'behind-blind-spot',
    services: ['acquirer'],
    mechanisms: ['slow-operation'],
    story: 'acquirer, asked by tills which nobody traces, needs 90 ms more in 60 % of all requests',
    begin: (theatre) => theatre.behave('acquirer', { slowMs: 90, share: 0.6 }),
  },
  {
    name: 'consumer-lag',
    services: ['notifier'],
    mechanisms: ['queueing'],
    story: 'notifier takes no message for 1.5 of every 3 s',
    begin: (theatre) => theatre.behave('notifier', { rest: { ms: 1_500, everyMs: 3_000 } }),
  },
  {
    name: 'cache-loss',
    services: ['catalog'],
    mechanisms: ['cache-miss'],
    story: 'nothing is found in the cache of catalog any more',
    begin: (theatre) => theatre.behave('catalog', { cacheLost: true }),
  },
  { name: 'healthy', services: [], mechanisms: [], story: 'nothing happens', begin: () => {} },
  {
    name: 'healthy-deploy',
    services: [],
    mechanisms: [],
    story: 'booking and pricing are deployed anew, as version 2, which does the same',
    async begin(theatre) {
      await theatre.deploy('booking', '2');
      await theatre.deploy('pricing', '2');
    },
  },
  {
    name: 'healthy-load',
    services: [],
    mechanisms: [],
    story: 'half as many customers more',
    perSecond: 1.5,
    begin: () => {},
  },
];
