import type { SpanRecord } from '../../src/model/span.ts';
import { SECOND } from '../../src/model/units.ts';
import { type Conditions, ORDINARY, ROUTES, type Route } from './conditions.ts';
import { Random } from './random.ts';
import { type Caller, Request } from './requests.ts';
import { foundTown, type Town } from './town.ts';

/** Healthy traffic, and then what happened. */
export type Population = {
  readonly town: Town;
  readonly baseline: readonly SpanRecord[];
  readonly suspects: readonly SpanRecord[];
};

const EPOCH = 1_790_000_000_000_000;
/** As many requests in each of the two windows; 300 in all. */
export const REQUESTS = 150;
const RATE_US = 0.2 * SECOND;
/** Between the two windows. */
const LATER = 600 * SECOND;
export const BULK_READER = 'u-bulk';
export const BUSY_USER = 'u-busy';

/** One window as usual, one under the conditions. */
export function populate(
  seed: number,
  incident: Partial<Conditions>,
  usual: Partial<Conditions> = {},
  requests = REQUESTS,
): Population {
  const town = foundTown(seed);
  const random = new Random(seed + 1_000_003);
  return {
    town,
    baseline: record(town, random, { ...ORDINARY, ...usual }, 0, requests),
    suspects: record(town, random, { ...ORDINARY, ...usual, ...incident }, LATER, requests),
  };
}

function record(
  town: Town,
  random: Random,
  conditions: Conditions,
  from: number,
  requests: number,
): readonly SpanRecord[] {
  const tally = { charges: 0 };
  const spans: SpanRecord[] = [];
  for (let i = 0; i < requests; i++) {
    const start = EPOCH + from + i * RATE_US + Math.floor(random.between(0, RATE_US));
    const bulk = random.chance(conditions.bulk.share);
    const route = bulk ? 'history' : drawRoute(random, conditions);
    const caller = bulk ? bulkReader(random, conditions) : someone(random, conditions);
    spans.push(...new Request(town, random, conditions, start, caller, tally).run(route));
  }
  return spans;
}

function drawRoute(random: Random, { mix }: Conditions): Route {
  let left = random.next() * ROUTES.reduce((sum, route) => sum + mix[route], 0);
  for (const route of ROUTES) {
    left -= mix[route];
    if (left < 0) return route;
  }
  return 'checkout';
}

const AGENTS = ['Firefox/142.0', 'Safari/605.1', 'Chrome/144.0'];

function someone(random: Random, conditions: Conditions): Caller {
  const busy = random.chance(conditions.busy);
  const number = Math.floor(random.between(1, 60));
  return {
    user: busy ? BUSY_USER : `u-${number}`,
    address: busy ? '198.51.100.200' : `198.51.100.${number}`,
    agent: random.pick(AGENTS),
    rows: Math.round(random.between(1, 30) * conditions.rows),
  };
}

const bulkReader = (random: Random, { bulk }: Conditions): Caller => ({
  user: BULK_READER,
  address: '203.0.113.77',
  agent: 'curl/8.14',
  rows: Math.round(bulk.rows * random.between(0.5, 1.5)),
});
