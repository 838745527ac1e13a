import type { SpanTable } from '../model/trace.ts';
import { at, byteAt } from '../model/units.ts';
import type { Charges } from './charges.ts';
import { ensure } from './numbering.ts';
import { discoveries, logOdds, mantelHaenszel, type Table2x2, upperTail } from './statistics.ts';

/** Something that bad requests share and good ones do not. */
export type Contrast = {
  readonly key: string;
  readonly value: string;
  /** Services whose spans carry it, sorted. */
  readonly services: readonly string[];
  readonly counts: Table2x2;
  /** Lower 95 % bound of the odds ratio. */
  readonly oddsRatio: number;
  /** Jaccard overlap of "is bad" and "has the value". */
  readonly overlap: number;
  /** Other attributes that mark the very same requests, as `key=value`. */
  readonly aliases: readonly string[];
  /** A bad trace that has it, and the row that says so. */
  readonly trace: number;
  readonly row: number;
};

/** Attributes that people act on, the most actionable first; a value that marks the same requests is only an alias. */
const ACTIONABLE = [
  /^feature_flag\./,
  /^service\.version$/,
  /^deployment\./,
  /^(k8s\.pod\.name|service\.instance\.id|container\.id)$/,
  /^(k8s\.node\.name|host\.name|host\.id)$/,
  /^(cloud\.availability_zone|cloud\.region|k8s\.cluster\.name)$/,
  /tenant|customer|account/,
];
/** Consequences and identities: they explain a bad request no better than its name does. */
const SYMPTOM =
  /^(error|exception|http\.response|rpc\.(status|response|grpc)|db\.response|otel\.status|network\.|client\.|server\.port|url\.|http\.request\.(resend|body)|thread\.|process\.pid|telemetry\.|service\.name$|user\.id|enduser|session)/;

const INSTANCE = /^(k8s\.pod\.name|service\.instance\.id|container\.id|host\.name|k8s\.node\.name|server\.address)$/;
/** Whether an attribute names one running copy of a service or the machine under it. */
export const namesInstance = (key: string): boolean => INSTANCE.test(key);

const FEWEST = 5;
const LEAST_COVERAGE = 0.1;
const LEAST_ODDS = Math.log(2);
/** Two values on (nearly) the same requests are one. */
const SAME = 0.95;
/** What must be left of the odds ratio when each route is compared with itself only. */
const STRATIFIED = 1.5;

type Feature = { key: string; value: string; services: Set<string>; traces: number[]; row: number };

/**
 * Odds of being bad with and without each attribute value, over requests, never spans. Odds ratios do not change when the
 * sampling keeps more of the bad ones. Kept are values whose ratio is certainly above 2 at a false discovery rate of 5 %,
 * also within each route (Mantel–Haenszel), most overlapping first; values that mark the same requests are merged.
 */
export function contrasts(
  table: SpanTable,
  charges: Charges,
  route: Int32Array,
  bad: Uint8Array,
  good: Uint8Array,
): readonly Contrast[] {
  const features = collectFeatures(table, charges, bad, good);
  const examined: number[] = [];
  for (let trace = 0; trace < table.traces; trace++) if (bad[trace] === 1 || good[trace] === 1) examined.push(trace);
  const all = countTable(examined, new Set(), bad);
  const rated = features
    .filter((feature) => feature.traces.length < examined.length)
    .map((feature) => {
      const having = new Set(feature.traces);
      const counts = countHaving(all, feature.traces, bad);
      const odds = logOdds(counts);
      return { feature, having, counts, odds, p: upperTail(odds.value / odds.error) };
    });
  const kept = discoveries(
    rated.map((entry) => entry.p),
    0.05,
  );
  const strong = rated.filter(({ counts, odds, having }, i) => {
    if (kept[i] !== true || counts.a < FEWEST || counts.a < LEAST_COVERAGE * all.b) return false;
    if (odds.value - 1.96 * odds.error <= LEAST_ODDS) return false;
    const strata = new Map<number, number[]>();
    for (const trace of examined) ensure(strata, at(route, trace), () => []).push(trace);
    const informative = [...strata.values()].map((traces) => countTable(traces, having, bad));
    return mantelHaenszel(informative) >= STRATIFIED;
  });
  const found = strong.map(({ feature, having, counts, odds }) => ({
    key: feature.key,
    value: feature.value,
    services: [...feature.services].sort(),
    counts,
    oddsRatio: Math.exp(odds.value - 1.96 * odds.error),
    overlap: counts.a / (counts.a + counts.b + counts.c),
    having,
    trace: feature.traces.find((trace) => bad[trace] === 1) ?? -1,
    row: feature.row,
  }));
  return mergeAliases(found);
}

type Found = Omit<Contrast, 'aliases'> & { readonly having: ReadonlySet<number> };

function mergeAliases(found: readonly Found[]): readonly Contrast[] {
  const rank = (key: string) => {
    const index = ACTIONABLE.findIndex((pattern) => pattern.test(key));
    return index < 0 ? ACTIONABLE.length : index;
  };
  const ordered = [...found].sort(
    (a, b) => rank(a.key) - rank(b.key) || b.overlap - a.overlap || (a.key + a.value < b.key + b.value ? -1 : 1),
  );
  const groups: { leader: Found; aliases: string[] }[] = [];
  for (const candidate of ordered) {
    const group = groups.find(({ leader }) => jaccard(leader.having, candidate.having) >= SAME);
    if (group === undefined) groups.push({ leader: candidate, aliases: [] });
    else group.aliases.push(`${candidate.key}=${candidate.value}`);
  }
  return groups
    .map(({ leader: { having: _, ...contrast }, aliases }) => ({ ...contrast, aliases }))
    .sort((a, b) => b.overlap - a.overlap || (a.key < b.key ? -1 : 1));
}

function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let common = 0;
  for (const trace of a) if (b.has(trace)) common++;
  return common / (a.size + b.size - common);
}

function countTable(traces: readonly number[], having: ReadonlySet<number>, bad: Uint8Array): Table2x2 {
  const counts = { a: 0, b: 0, c: 0, d: 0 };
  for (const trace of traces)
    counts[bad[trace] === 1 ? (having.has(trace) ? 'a' : 'b') : having.has(trace) ? 'c' : 'd']++;
  return counts;
}

/** The same for all examined traces at once: who does not have the value is left over. */
function countHaving(all: Table2x2, having: readonly number[], bad: Uint8Array): Table2x2 {
  let a = 0;
  for (const trace of having) a += byteAt(bad, trace);
  const c = having.length - a;
  return { a, b: all.b - a, c, d: all.d - c };
}

/** Which spans of a request may say something with a key: none, the first one, every visit's. */
type Bearing = 'none' | 'entry' | 'every';

function bearingOf(key: string): Bearing {
  if (SYMPTOM.test(key)) return 'none';
  return ACTIONABLE.some((pattern) => pattern.test(key)) ? 'every' : 'entry';
}

/** Of some keys those that any visit's span may say something with, and those that the first span may. */
type BearingKeys = { readonly every: readonly string[]; readonly entry: readonly string[] };

const byBearing = (keys: readonly string[]): BearingKeys => ({
  every: keys.filter((key) => bearingOf(key) === 'every'),
  entry: keys.filter((key) => bearingOf(key) !== 'none'),
});

function collectFeatures(table: SpanTable, charges: Charges, bad: Uint8Array, good: Uint8Array): readonly Feature[] {
  const features = new Map<string, Feature>();
  const ofResource: (readonly Feature[] | undefined)[] = [];
  const ofKeys = new Map<readonly string[], BearingKeys>();
  const featureOf = (row: number, key: string, value: string): Feature => {
    const service = table.text(at(table.service, row));
    // The same version or flag on several services is one feature; an instance belongs to its service.
    const owner = namesInstance(key) ? service : '';
    const fresh = () => ({ key, value, services: new Set<string>(), traces: [], row });
    const feature = ensure(features, `${key}\n${value}\n${owner}`, fresh);
    feature.services.add(service);
    return feature;
  };
  // A process says the same of itself on every span.
  const resourceFeatures = (row: number) => {
    const resource = at(table.resourceOf, row);
    const known =
      ofResource[resource] ??
      byBearing(table.keys(row, 'resource')).every.map((key) => featureOf(row, key, String(table.resource(row, key))));
    ofResource[resource] = known;
    return known;
  };
  // So do spans with the same keys: most of them have none that matters, and are not looked at further.
  const bearingKeys = (row: number) =>
    ensure(ofKeys, table.keys(row, 'span'), () => byBearing(table.keys(row, 'span')));
  for (let trace = 0; trace < table.traces; trace++) {
    if (bad[trace] !== 1 && good[trace] !== 1) continue;
    const note = (feature: Feature) => {
      if (feature.traces.at(-1) !== trace) feature.traces.push(trace);
    };
    const from = at(table.first, trace);
    for (let row = from; row < at(table.first, trace + 1); row++) {
      if (at(charges.visit, row) !== row) continue;
      for (const feature of resourceFeatures(row)) note(feature);
      const { every, entry } = bearingKeys(row);
      for (const key of row === from ? entry : every) note(featureOf(row, key, String(table.attribute(row, key))));
    }
  }
  return [...features.values()].filter(
    (feature) =>
      feature.traces.length >= FEWEST && (!namesInstance(feature.key) || hasSiblings(feature, features.values())),
  );
}

/** An instance without another one of its service to compare with only says which service was called. */
function hasSiblings(feature: Feature, all: Iterable<Feature>): boolean {
  const [service = ''] = feature.services;
  for (const other of all)
    if (other !== feature && other.key === feature.key && other.services.has(service)) return true;
  return false;
}
