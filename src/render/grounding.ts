import { Failure } from '../failure.ts';
import type { Component, Quantity } from '../model/finding.ts';
import type { Answered, Following } from '../model/investigation.ts';
import type { Message, Part, Piece } from '../model/message.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Analysis, Hypothesis, Lineage } from '../model/verdict.ts';
import { formatCount, formatNumber, formatUtc } from './format.ts';
import { safeMessage, safeName } from './names.ts';

/** Lengths to which names are cut in messages. */
const NAME_LIMITS = [24, 60, 80, 120, 300];

/** What a message may state: everything that was measured, and the names and times that stand in it. */
export type Grounds = {
  readonly quantities: readonly Quantity[];
  readonly counts: readonly (number | undefined)[];
  readonly names: readonly (string | undefined)[];
  readonly times: readonly (EpochMicros | undefined)[];
};

/**
 * Refuses a message that states a number, a name or a time which nobody measured. It runs on every message before it is
 * posted, so that no template and no rewording can invent one.
 *
 * @throws Failure `internal` that names the part which has no ground
 */
export function assertGrounded(message: Message, grounds: Grounds): void {
  const numbers = new Set<string>();
  for (const quantity of grounds.quantities) numbers.add(formatNumber(quantity) ?? '');
  for (const count of grounds.counts) if (count !== undefined) numbers.add(formatCount(count));
  const names = [...grounds.names, ...grounds.quantities.map((quantity) => namedBy(quantity))]
    .flatMap((name) => (name === undefined ? [] : [name, ...NAME_LIMITS.map((limit) => safeName(name, limit))]))
    .sort((a, b) => b.length - a.length);
  const known = new Set(names);
  const times = new Set([
    ...grounds.times,
    ...grounds.quantities.flatMap((quantity) => (quantity.unit === 'time' ? [quantity.value] : [])),
  ]);

  // Where marks of time cannot stand (alternative texts, notifications) they are written out in UTC.
  for (const time of times) if (time !== undefined) numbers.add(formatUtc(time));
  const tokens = new Set([...numbers].flatMap(numbersIn));

  const check = (piece: Piece) => {
    if (typeof piece !== 'string' && 'time' in piece) {
      if (!times.has(piece.time)) refuse(`the time ${piece.time}`);
      return;
    }
    if (typeof piece !== 'string' && 'code' in piece) {
      if (!known.has(piece.code)) refuse(`the name ${piece.code}`);
      return;
    }
    const text = typeof piece === 'string' ? piece : 'bold' in piece ? piece.bold : piece.text;
    const stands = (token: string) => tokens.has(token) || isCountBesideName(token, tokens, known);
    if (numbersIn(text).every(stands)) return;
    for (const token of numbersIn(without(text, names))) if (!stands(token)) refuse(`the number ${token}`);
  };
  check(message.summary);
  for (const part of message.parts) for (const piece of piecesOf(part)) check(piece);
}

/** What an answered investigation may state; `personal` is how a personal value is shown. */
export function groundsOf(answered: Answered, personal: (value: string) => string, following?: Following): Grounds {
  const { gathering, rechecks, trigger, before, seenBefore, fixedBy, flapping } = answered;
  const ofAnalysis = groundsOfAnalysis(answered.analysis, personal);
  const alert = trigger.kind === 'alert' ? trigger.alert : undefined;
  return {
    quantities: [
      ...ofAnalysis.quantities,
      ...(answered.changes ?? []).map(({ before }) => ({ unit: 'us' as const, value: Math.abs(before) })),
      ...(flapping === undefined ? [] : [{ unit: 'us' as const, value: flapping.during }]),
    ],
    counts: [
      ...ofAnalysis.counts,
      ...[gathering.suspects, gathering.baseline, gathering.spans, answered.repeats],
      ...[following?.alerts, answered.repeats + (following?.repeats ?? 0), flapping?.times, seenBefore?.times],
      ...rechecks.flatMap((recheck) => [recheck.affected, recheck.examined]),
      ...[answered.amended?.spans, answered.amended?.traces],
    ],
    names: [
      ...ofAnalysis.names,
      ...(answered.changes ?? []).map(({ title }) => title),
      ...[alert?.title, alert?.service, gathering.backend, ...gathering.notes],
      ...(trigger.kind === 'alert' ? [] : [trigger.traceId]),
      ...[...(following?.titles ?? []), fixedBy, seenBefore?.fixedBy].map((text) => text && safeMessage(text, 120)),
      ...(following?.titles ?? []),
      ...(before === null || before === undefined ? [] : namesOf(before.component)),
    ],
    times: [
      ...ofAnalysis.times,
      answered.resolvedAt,
      answered.answeredAt,
      answered.acknowledgedAt,
      answered.escalatedAt,
      seenBefore?.at,
      ...rechecks.map((recheck) => recheck.at),
    ],
  };
}

function groundsOfAnalysis(analysis: Analysis, personal: (value: string) => string): Grounds {
  const { verdict, findings, impact, lineage, counts, exemplar } = analysis;
  // A personal value is a ground only in the form in which it may be shown.
  const shown = (quantity: Quantity): Quantity =>
    quantity.unit === 'personal' ? { unit: 'name', value: personal(quantity.value) } : quantity;
  const evidence = [...findings, ...verdict.hypotheses].flatMap((each) => each.evidence);
  const traffic = Object.values(impact.traffic ?? {}).map((value): Quantity => ({ unit: 'ratio', value }));
  return {
    quantities: [
      ...[...evidence, ...verdict.missing, ...(verdict.factors ?? []), ...(exemplar?.chosen ?? [])].flatMap((each) =>
        Object.values(each.values).map(shown),
      ),
      ...traffic,
    ],
    counts: [
      ...evidence.flatMap((each) => Object.values(each.counts ?? {})),
      ...findings.map((finding) => finding.support),
      ...[impact.affected, impact.examined, impact.users, counts.suspects, counts.baseline, counts.spans],
      ...(lineage ? lineageCounts(lineage) : []),
    ],
    names: [
      ...[...findings, ...verdict.hypotheses].flatMap((each) => namesOf(each.component)),
      ...[...findings, ...verdict.hypotheses].map((each) => each.mechanism),
      ...verdict.hypotheses.flatMap((each: Hypothesis) => [each.id, each.qualifier?.key, each.qualifier?.value]),
      ...evidence.flatMap((each) => [
        each.traceId,
        each.claim,
        each.claim.replaceAll('-', ' '),
        each.statistic?.name,
        each.statistic?.value.toFixed(2),
        ...Object.keys(each.values),
      ]),
      ...verdict.missing.flatMap((each) => [each.claim.replaceAll('-', ' '), ...Object.keys(each.values)]),
      ...findings.map((finding) => finding.detector),
      ...[verdict.model, impact.entry, exemplar?.suspect, exemplar?.healthy],
      ...(lineage ? lineageNames(lineage, personal) : []),
    ],
    times: [impact.since, impact.lastSeen],
  };
}

function lineageCounts(lineage: Lineage): readonly (number | undefined)[] {
  const { origins, hops, data } = lineage;
  return [
    lineage.requests,
    // How many were left out of a list that is too long to read.
    ...[origins, hops, data].flatMap((list) => list.map((_, index) => index + 1)),
    ...[...origins, ...hops].map((each) => each.count),
    ...data.flatMap((datum) => [datum.operations, datum.rows, datum.usualRows]),
  ];
}

function lineageNames(
  { actor, origins, hops, data, silent }: Lineage,
  personal: (value: string) => string,
): readonly (string | undefined)[] {
  return [
    ...[actor.key, personal(actor.value), ...silent],
    ...origins.flatMap((origin) => [
      origin.address && personal(origin.address),
      origin.userAgent,
      origin.entry,
      origin.traceId,
    ]),
    ...hops.flatMap((hop) => [hop.from, hop.to, hop.operation, hop.traceId]),
    ...data.flatMap((datum) => [datum.service, datum.store, datum.target, datum.traceId]),
  ];
}

export function namesOf(component: Component): readonly string[] {
  switch (component.kind) {
    case 'service':
      return [component.service];
    case 'operation':
      return [component.service, component.operation];
    case 'edge':
      return [component.from, component.to];
    case 'attribute':
      return [`${component.key}=${component.value}`, ...component.services];
  }
}

function namedBy(quantity: Quantity): string | undefined {
  return quantity.unit === 'name' ? quantity.value : undefined;
}

/** Numbers with the letters before and the unit after them: `3.2 s` does not vouch for `3.2 ms`, nor `9` for `H9`. */
function numbersIn(text: string): readonly string[] {
  return text.match(/[\p{L}_]*\d[\d.,:\u202f]*(?<![.,:])(?:\s?(?:µs|ms|s|min|h|×|%|[kMGT]?B)(?![a-zA-Z]))?/gu) ?? [];
}

/** `40 h requests`, where `h` is what the requests are called: a count and a name, not a length of time. */
function isCountBesideName(token: string, tokens: ReadonlySet<string>, names: ReadonlySet<string>): boolean {
  const [, number = '', unit = ''] = /^(.*\d)\s(\D+)$/u.exec(token) ?? [];
  return tokens.has(number) && names.has(unit);
}

/**
 * The text without the names that stand in it as whole words: digits in a name are not a statement. A version called `2`
 * is no part of `2.9 s`.
 */
function without(text: string, names: readonly string[]): string {
  let rest = text;
  for (const name of names) {
    if (!/\d/.test(name)) continue;
    for (let from = rest.indexOf(name); from >= 0; from = rest.indexOf(name, from + 1)) {
      const isWhole = !/(?:[\p{L}\p{N}_]|\d[.,:])$/u.test(rest.slice(Math.max(0, from - 2), from));
      const after = rest.slice(from + name.length, from + name.length + 2);
      if (isWhole && !/^(?:[\p{L}\p{N}_]|[.,:]\d)/u.test(after)) {
        rest = `${rest.slice(0, from)} ${rest.slice(from + name.length)}`;
      }
    }
  }
  return rest;
}

function piecesOf(part: Part): readonly Piece[] {
  switch (part.kind) {
    case 'headline':
    case 'note':
      return part.line;
    case 'text':
      return part.lines.flat();
    case 'list':
      return part.items.flat();
    case 'table':
      return [...part.header, ...part.rows.flat()];
    case 'picture':
      return [part.alt];
    case 'buttons':
      return [];
  }
}

function refuse(what: string): never {
  throw new Failure(
    'internal',
    `A message was held back because ${what} stands in no evidence.`,
    'This is a bug in Causeway: please report it with the investigation.',
  );
}
