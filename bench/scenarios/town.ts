import { Random } from './random.ts';
import { SDKS, type Sdk } from './sdks.ts';
import type { Process } from './writer.ts';

/** What a service is for; how it is called differs from seed to seed, so that nothing can depend on names. */
export const ROLES = ['gateway', 'order', 'auth', 'stock', 'payment', 'notifier'] as const;
export type Role = (typeof ROLES)[number];

const WORDS =
  'amber birch cobalt delta ember fjord garnet harbor indigo juniper kelp lagoon maple nectar opal pebble quartz raven sable thistle'.split(
    ' ',
  );

/** The services of one seed: their names, languages and habits. */
export type Town = {
  readonly names: Readonly<Record<Role, string>>;
  /** Host of the payment provider, which sends no spans. */
  readonly provider: string;
  /** Who asks auth: the gateway, or order behind it. */
  readonly authAt: 'gateway' | 'order';
  /** Time limits in ms, and how often is tried. */
  readonly limits: { readonly auth: number; readonly handshake: number };
  readonly tries: { readonly auth: number; readonly order: number; readonly handshake: number };
  /** Share of charges that find no open connection to the provider. */
  readonly fresh: number;
  /** Every try to reach the provider is a CLIENT span of its own, or all of them share one. */
  readonly spanPerTry: boolean;
  process(role: Role, version: string): Process;
};

export function foundTown(seed: number): Town {
  const random = new Random(seed);
  const words = random.shuffled(WORDS);
  const suffix = random.pick(['', '-svc', '-service', '.prod']);
  const each = <T>(value: (role: Role, i: number) => T) =>
    Object.fromEntries(ROLES.map((role, i) => [role, value(role, i)])) as Record<Role, T>;
  const names = each((_, i) => `${words[i]}${suffix}`);
  const mixed = random.chance(0.5);
  const common = random.pick(SDKS);
  const sdks = each(() => (mixed ? random.pick(SDKS) : common));
  const ids = each(() => random.hex(12));
  const paces = each(() => random.between(0.6, 1.8));
  const known = new Map<string, Process>();
  return {
    names,
    provider: `api.${words[ROLES.length]}.example`,
    authAt: random.pick(['gateway', 'order']),
    limits: { auth: random.pick([250, 400, 1_000]), handshake: random.pick([300, 600, 900, 1_500]) },
    tries: { auth: random.pick([2, 3]), order: random.pick([1, 2]), handshake: 3 },
    fresh: random.pick([1, 1, 0.5]),
    spanPerTry: random.chance(0.6),
    process(role, version) {
      const key = `${role} ${version}`;
      const process = known.get(key) ?? make(names[role], sdks[role], paces[role], version, ids[role]);
      known.set(key, process);
      return process;
    },
  };
}

function make(name: string, sdk: Sdk, pace: number, version: string, id: string): Process {
  return {
    name,
    sdk,
    pace,
    version,
    resource: {
      'service.name': name,
      'service.version': version,
      'service.instance.id': `${id}-${version}`,
      'host.name': `node-${id}`,
    },
  };
}
