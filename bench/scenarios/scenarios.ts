import type { Analysis } from '../../src/model/verdict.ts';
import { expectCause, expectSilence, isAbout, isBetween, type Judge, type Mark } from './judge.ts';
import { BULK_READER, type Population, populate } from './population.ts';
import { Random } from './random.ts';
import type { Town } from './town.ts';

/** Something that happened, or that only looks as if it had; `requests` in each of the two windows. */
export type Case = {
  readonly name: string;
  /** Of the requests that meet it. */
  readonly route: string;
  readonly populate: (seed: number, requests?: number, load?: number, distraction?: boolean) => Population;
  readonly judge: Judge;
};
export type Scenario = {
  readonly name: string;
  readonly positive: Case;
  readonly negatives: readonly Case[];
};

const BULK_READING = "one account reads everybody's data";

type Settings = Parameters<typeof populate>;
type Incident = Settings[1];

function happening(
  name: string,
  judge: Judge,
  incident: (random: Random) => Incident,
  usual: (random: Random) => Settings[2] = () => ({}),
): Case {
  return {
    name,
    judge,
    route: name === BULK_READING ? '/history' : '/checkout',
    populate: (seed, requests, load = 1, distraction = false) => {
      // What is drawn for the baseline is drawn the same for the incident.
      const conditions = { ...incident(new Random(seed + 77)), load, distraction };
      return populate(seed, conditions, usual(new Random(seed + 77)), requests);
    },
  };
}

const tlsRetry: Scenario = {
  name: 'tls-retry',
  positive: happening(
    'handshakes with the provider hang and are tried again',
    expectCause(
      (said, { names, provider }) =>
        said.mechanism === 'tls-handshake-retry' && isBetween(said, names.payment, provider),
      (said, { names, provider }) => isBetween(said, names.payment, provider),
    ),
    (random) => ({ handshakesHang: random.between(0.3, 0.7) }),
  ),
  negatives: [
    happening(
      'first handshakes of a cold start, none of them repeated',
      expectSilence(
        (said, { names, provider }) =>
          (said.mechanism === 'connection-setup' && isBetween(said, names.payment, provider)) ||
          (said.mechanism === 'pause' && isAbout(said, names.payment)),
      ),
      (random) => ({
        coldCharges: Math.round(random.between(4, 15)),
        release: { version: '2', roles: ['payment'], share: 1 },
      }),
    ),
    happening(
      'handshakes that were repeated as often before',
      expectSilence(),
      () => ({}),
      (random) => ({ handshakesHang: random.between(0.05, 0.3) }),
    ),
    happening(
      'a slow provider behind sound connections',
      expectSilence(
        (said, { names, provider }) =>
          isBetween(said, names.payment, provider) && !/tls|connection/.test(said.mechanism),
      ),
      (random) => ({ providerTime: random.between(300, 900) }),
    ),
  ],
};

const writeRace: Scenario = {
  name: 'write-race',
  positive: happening(
    'a new order writes before stock has acknowledged',
    expectCause(
      (said, { names }) => said.mechanism === 'premature-commit' && isAbout(said, names.order),
      (said, { names }) => isAbout(said, names.order),
    ),
    (random) => ({
      commit: 'beside',
      besideOn: '2',
      release: { version: '2', roles: ['order'], share: random.pick([1, 1, 0.5]) },
    }),
  ),
  negatives: [
    happening(
      'an order that always was written beside the reservation',
      expectSilence(),
      () => ({}),
      () => ({ commit: 'beside' }),
    ),
    happening('a new order that still waits', expectSilence(), () => ({
      release: { version: '2', roles: ['order'], share: 1 },
    })),
    happening(
      'written beside as ever, while reservations became slow',
      expectSilence((said, { names }) => isAbout(said, names.stock)),
      (random) => ({ reserveTime: random.between(60, 200) }),
      () => ({ commit: 'beside' }),
    ),
  ],
};

const SLOWED = ['gateway', 'order', 'stock'] as const;

const slowVersion: Scenario = {
  name: 'slow-version',
  positive: happening(
    'a version costs some 40 ms on every hop',
    expectCause(
      ({ mechanism, component }, { names }) =>
        mechanism === 'per-hop-overhead' &&
        component.kind === 'attribute' &&
        component.value === '2' &&
        component.services.join() ===
          SLOWED.map((role) => names[role])
            .toSorted()
            .join(),
      (said, { names }) =>
        (said.component.kind === 'attribute' && said.component.value === '2') ||
        SLOWED.some((role) => isAbout(said, names[role])),
    ),
    (random) => ({
      release: { version: '2', roles: SLOWED, share: random.pick([0.35, 0.5, 1]) },
      burn: { version: '2', ms: random.between(30, 50) },
    }),
  ),
  negatives: [
    happening('a version that came with slower traffic', expectSilence(), (random) => ({
      release: { version: '2', roles: SLOWED, share: 1 },
      mix: { checkout: 5, cart: 1, item: 0.5, history: 2, report: random.between(4, 10) },
    })),
    happening('a canary while everything is slower, on either version', expectSilence(), (random) => ({
      release: { version: '2', roles: SLOWED, share: 0.5 },
      load: random.between(1.3, 1.6),
    })),
    happening('a canary that is as fast', expectSilence(), () => ({
      release: { version: '2', roles: SLOWED, share: 0.5 },
    })),
  ],
};

const authCascade: Scenario = {
  name: 'auth-cascade',
  positive: happening('auth is slower than its callers wait, and they try again', cascade, (random) => ({
    authTime: random.between(3, 8) * 400,
  })),
  negatives: [
    happening(
      'auth is too slow, and nobody tries again',
      expectSilenceOnRetries,
      (random) => ({ authTime: random.between(3, 8) * 400 }),
      () => ({ retries: false }),
    ),
    happening(
      'a gateway that turns requests away under load',
      expectSilence((said, { names }) => said.mechanism === 'error' && isAbout(said, names.gateway)),
      (random) => ({ shed: random.between(0.2, 0.5), load: 1.2 }),
    ),
    happening(
      'auth fails and is asked again as often as before',
      expectSilence(),
      () => ({}),
      (random) => ({ authFails: random.between(0.03, 0.1) }),
    ),
  ],
};

const AUTH = expectCause(
  (said, { names }) => said.mechanism === 'timeout' && isAbout(said, names.auth),
  (said, { names }) => isAbout(said, names.auth),
);

/** Auth did not answer in time, and the retries in front of it are told as what made it worse. */
function cascade(analysis: Analysis, town: Town): Mark {
  const mark = AUTH(analysis, town);
  const amplified = analysis.verdict.hypotheses.some(
    ({ role, mechanism }) => role === 'amplifier' && mechanism === 'retry-amplification',
  );
  return mark === 'right' && !amplified ? 'vague' : mark;
}

/** Auth is to blame here as well, but no retries. */
function expectSilenceOnRetries(analysis: Analysis, town: Town): Mark {
  const retries = analysis.verdict.hypotheses.some(({ mechanism }) => mechanism === 'retry-amplification');
  return retries || AUTH(analysis, town) === 'wrong' ? 'wrong' : 'right';
}

const audit: Scenario = {
  name: 'audit',
  positive: happening(BULK_READING, lineage, (random) => ({
    bulk: { share: random.between(0.04, 0.2), rows: random.between(1_000, 4_000) },
  })),
  negatives: [
    happening('a user who reads often, and what all read', expectSilence(), (random) => ({
      busy: random.between(0.2, 0.4),
    })),
    happening(
      'an account that always reads in bulk',
      expectSilence(),
      () => ({}),
      (random) => ({ bulk: { share: random.between(0.03, 0.15), rows: 1_500 } }),
    ),
    happening('everybody reads twice as much', expectSilence(), () => ({ rows: 2 })),
  ],
};

/** Nothing broke, and the account's way is told: who, from where, what data by which services. */
function lineage({ verdict, counts, lineage: told }: Analysis, { names }: Town): Mark {
  // Of one request alone all that can be known is that it waited for what it read.
  if (counts.suspects === 1 && verdict.hypotheses[0]?.mechanism === 'slow-query') return 'vague';
  if (verdict.hypotheses.some(({ role }) => role === 'cause')) return 'wrong';
  if (told === undefined) return 'abstained';
  if (told.actor.value !== BULK_READER) return 'wrong';
  const reached = (role: 'order' | 'payment', table: string) =>
    told.data.some(
      ({ service, target, effect }) => service === names[role] && target.includes(table) && effect === 'read',
    );
  const whole =
    told.origins[0]?.address === '203.0.113.77' && reached('order', 'orders') && reached('payment', 'receipts');
  return whole && verdict.kind === 'cannot-tell' ? 'right' : 'vague';
}

export const SCENARIOS: readonly Scenario[] = [tlsRetry, writeRace, slowVersion, authCascade, audit];
