import type { Change, NotedChange } from '../model/change.ts';
import type { Component } from '../model/finding.ts';
import type { Gathering } from '../model/investigation.ts';
import { type EpochMicros, MINUTE, type Micros, SECOND } from '../model/units.ts';
import type { Analysis } from '../model/verdict.ts';
import type { Changes } from '../ports/changes.ts';
import { servicesNamedBy } from './scope.ts';

/** What was changed longer ago than this is no news, and what came later than this after the onset is a reaction to it. */
const BEFORE = 60 * MINUTE;
const AFTER = 2 * MINUTE;
/** A change that two senders tell of within this time is one. */
const SAME = 10 * MINUTE;
/** A deploy storm tells nothing; the nearest few may. */
const LOOKED_AT = 200;
const NOTED = 3;

/** When the trouble began, as far as is known. */
export function onsetOf({ impact }: Analysis, { scope }: Gathering): EpochMicros {
  return impact.since ?? scope.from;
}

/** Looks up the changes of the hour before the trouble began. */
export async function lookUpChanges(
  changes: Changes,
  analysis: Analysis,
  gathering: Gathering,
): Promise<readonly NotedChange[]> {
  const onset = onsetOf(analysis, gathering);
  return noteChanges(await changes.between(onset - BEFORE, onset + AFTER, LOOKED_AT), analysis, gathering);
}

/**
 * The changes worth a word beside a verdict, best first: those that brought the version which the traces blame, then those of
 * the services that are named, then those of none in particular; the nearest to the onset first. Only changes of services
 * that the verdict names, that the alert is about, or of no service at all count: a deploy of something else is noise.
 *
 * A change is never a reason: nothing here alters the verdict.
 */
export function noteChanges(
  changes: readonly Change[],
  analysis: Analysis,
  gathering: Gathering,
): readonly NotedChange[] {
  const onset = onsetOf(analysis, gathering);
  const named = namedServices(analysis);
  const versions = blamedVersions(analysis);
  const { environment } = gathering.scope;
  // Where nobody is named, whoever has anything against them may have been changed.
  const suspected = named.length > 0 ? [] : (analysis.ranking ?? []).map(({ service }) => service);
  const known = [...new Set([...named, ...gathering.scope.services, ...suspected])];
  const noted = changes.flatMap((change): (NotedChange & { readonly rank: number })[] => {
    if (change.at < onset - BEFORE || change.at > onset + AFTER) return [];
    if (environment !== undefined && change.environment !== undefined && !sameWord(environment, change.environment))
      return [];
    const said = change.service === undefined ? { title: change.title } : { title: '', service: change.service };
    const services = servicesNamedBy({ ...said, labels: {} }, known);
    if (change.service !== undefined && services.length === 0) return [];
    const isNamed = services.some((service) => named.includes(service));
    const corroborates =
      change.version !== undefined && versions.has(change.version) && (isNamed || services.length === 0);
    const rank = corroborates ? 0 : isNamed ? 1 : services.length > 0 ? 2 : 3;
    return [{ ...change, before: readable(onset - change.at), corroborates, rank }];
  });
  const best = noted.toSorted(
    (a, b) => a.rank - b.rank || Math.abs(a.before) - Math.abs(b.before) || (a.id < b.id ? -1 : 1),
  );
  return best
    .filter((change, place) => !best.slice(0, place).some((other) => isSame(change, other)))
    .slice(0, NOTED)
    .map(({ rank: _, ...change }) => change);
}

/** Whole seconds, and from two minutes on whole minutes: neither the onset nor the change is known any better. */
function readable(apart: Micros): Micros {
  const unit = Math.abs(apart) < 2 * MINUTE ? SECOND : MINUTE;
  return Math.round(apart / unit) * unit;
}

/** Pipeline and pager may both tell of one deploy, in different words. */
function isSame(a: Change, b: Change): boolean {
  const near = Math.abs(a.at - b.at) <= SAME && a.kind === b.kind;
  const alike = a.version !== undefined && a.version === b.version;
  return near && (alike || a.title === b.title) && sameWord(a.service ?? '', b.service ?? '');
}

function sameWord(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function namedServices({ verdict }: Analysis): readonly string[] {
  return verdict.hypotheses.flatMap(({ component }) => servicesOf(component));
}

function servicesOf(component: Component): readonly string[] {
  switch (component.kind) {
    case 'service':
    case 'operation':
      return [component.service];
    case 'edge':
      return [component.from, component.to];
    case 'attribute':
      return component.services;
  }
}

/** Versions that the traces of the verdict single out. */
function blamedVersions({ verdict }: Analysis): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { component, qualifier } of verdict.hypotheses) {
    if (component.kind === 'attribute' && component.key === 'service.version') found.add(component.value);
    if (qualifier?.key === 'service.version') found.add(qualifier.value);
  }
  return found;
}
