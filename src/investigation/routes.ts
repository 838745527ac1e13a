import type { Alert } from '../model/alert.ts';
import type { QuietHours } from '../model/quiet-hours.ts';
import { type Level, levelOf, reaches } from '../model/severity.ts';
import type { EpochMicros } from '../model/units.ts';
import { quietUntil } from './quiet-hours.ts';
import { type Route, routeOf } from './scope.ts';

/** What an alert must be for a route to fit. Each list holds texts or patterns with `*`; one of a list has to fit, and each list that is there. */
export type Match = {
  readonly source?: readonly string[] | undefined;
  readonly service?: readonly string[] | undefined;
  readonly team?: readonly string[] | undefined;
  readonly severity?: readonly string[] | undefined;
  readonly environment?: readonly string[] | undefined;
  readonly title?: readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, readonly string[]>> | undefined;
};

/** One entry of `routes`. The first that fits an alert decides. */
export type RouteRule = {
  readonly match: Match;
  readonly channel?: string | undefined;
  readonly runbook?: string | undefined;
  readonly owner?: string | undefined;
  /** Nothing of it is looked at or said. */
  readonly mute?: boolean | undefined;
  /** What is less bad than this is not looked at. */
  readonly floor?: Level | undefined;
  readonly quiet?: readonly QuietHours[] | undefined;
  readonly cardsPerHour?: number | undefined;
};

export type Routing = {
  /** Where what no route names goes. */
  readonly channel: string;
  readonly routes: readonly RouteRule[];
  readonly services: readonly Route[];
  /** Names of channels that are one incident's own, as `inc-*`; none: cards never go there. */
  readonly incidentChannels: readonly string[];
  readonly cardsPerHour: number;
};

/** What becomes of an alert. */
export type Destination = {
  /** In the order in which they are tried: the incident's own, the route's, the default. */
  readonly channels: readonly [string, ...string[]];
  /** The first of them, where it is the incident's own. */
  readonly own?: string;
  /**
   * now: looked at, and its card posted · later: looked at, and told when the quiet hours end · never: not looked at.
   */
  readonly told:
    | { readonly when: 'now' }
    | { readonly when: 'later'; readonly until: EpochMicros }
    | { readonly when: 'never'; readonly why: 'muted' | 'below-floor' };
  readonly cardsPerHour: number;
  readonly runbook?: string;
  readonly owner?: string;
  /** `service.name`s that the configuration gives for the alert's service. */
  readonly traces?: readonly string[];
  /** There are routes, and none of them fits: somebody forgot this service. */
  readonly unrouted: boolean;
};

/**
 * How bad the alert is. An alert that does not say, or says it in a word of its own, counts as high: it is never lost below
 * a floor by a word that nobody knows.
 */
export function severityOf({ severity, priority, urgency }: Alert): Level {
  return levelOf(severity) ?? levelOf(priority) ?? levelOf(urgency) ?? 'high';
}

/** Where the alert belongs and whether it is told at `now`. Pure: the same alert at the same time goes the same way. */
export function destinationOf(alert: Alert, routing: Routing, now: EpochMicros): Destination {
  const rule = routing.routes.find(({ match }) => fits(match, alert));
  const service = routeOf(alert, routing.services);
  const own = ownChannel(alert, routing.incidentChannels);
  const channel = rule?.channel ?? service?.channel ?? routing.channel;
  const runbook = service?.runbook ?? rule?.runbook;
  const owner = service?.owner ?? rule?.owner;
  const [first = channel, ...others] = new Set([...(own === undefined ? [] : [own]), channel, routing.channel]);
  return {
    channels: [first, ...others],
    ...(own === undefined ? {} : { own }),
    told: toldWhen(alert, rule, now),
    cardsPerHour: rule?.cardsPerHour ?? routing.cardsPerHour,
    ...(runbook === undefined ? {} : { runbook }),
    ...(owner === undefined ? {} : { owner }),
    ...(service?.traces === undefined ? {} : { traces: service.traces }),
    unrouted: routing.routes.length > 0 && rule === undefined && service?.channel === undefined,
  };
}

function toldWhen(alert: Alert, rule: RouteRule | undefined, now: EpochMicros): Destination['told'] {
  const level = severityOf(alert);
  if (rule?.mute === true) return { when: 'never', why: 'muted' };
  if (rule?.floor !== undefined && !reaches(level, rule.floor)) return { when: 'never', why: 'below-floor' };
  const until = quietUntil(
    now,
    (rule?.quiet ?? []).filter(({ unless }) => !reaches(level, unless)),
  );
  return until === undefined ? { when: 'now' } : { when: 'later', until };
}

function fits(match: Match, alert: Alert): boolean {
  const said = {
    source: alert.source,
    service: alert.service,
    team: alert.team ?? alert.labels.team,
    environment: alert.environment ?? alert.labels.environment ?? alert.labels.env,
    title: alert.title,
  };
  const names = ['source', 'service', 'team', 'environment', 'title'] as const;
  return (
    names.every((name) => anyFits(match[name], said[name])) &&
    (anyFits(match.severity, alert.severity) || anyFits(match.severity, severityOf(alert))) &&
    Object.entries(match.labels ?? {}).every(([name, patterns]) => anyFits(patterns, labelOf(alert, name)))
  );
}

/** Own members only: a label that is called `constructor` is one that is not there. */
function labelOf({ labels }: Alert, name: string): string | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}

/** Without patterns anything fits; with some, what was not said does not. */
function anyFits(patterns: readonly string[] | undefined, text: string | undefined): boolean {
  if (patterns === undefined) return true;
  return text !== undefined && patterns.some((pattern) => matchesPattern(pattern, text));
}

/** Whether the text is the pattern, in which `*` stands for any run of characters; the case of letters does not count. */
export function matchesPattern(pattern: string, text: string): boolean {
  const wanted = pattern.toLowerCase();
  const given = text.toLowerCase();
  let place = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  // Goes back to the latest star only, which is enough: what an earlier one could take, the latest can take as well.
  while (at < given.length) {
    if (place < wanted.length && wanted[place] === '*') {
      star = place++;
      resume = at;
    } else if (place < wanted.length && wanted[place] === given[at]) {
      place++;
      at++;
    } else if (star >= 0) {
      place = star + 1;
      at = ++resume;
    } else return false;
  }
  return [...wanted.slice(place)].every((rest) => rest === '*');
}

/** Names of labels and details under which senders put the address of an incident's channel. */
const CHANNEL_LABEL = /slack|channel|conference|bridge|war.?room/i;
const CHANNEL_ADDRESS =
  /^(?:https:\/\/[a-z0-9.-]+\.slack\.com\/archives\/|slack:\/\/channel\?(?:[^#]*&)?id=)([CG][A-Z0-9]{6,})/;
const CHANNEL_NAME = /(?:^|[\s(["'])#([\p{L}\p{N}][\p{L}\p{N}_-]{0,79})/gu;

/**
 * The channel that was made for this incident alone: the one that the sender names, one whose name has the pattern in the
 * title or a label, or a Slack address in a label that is called so.
 */
function ownChannel(alert: Alert, patterns: readonly string[]): string | undefined {
  if (patterns.length === 0) return undefined;
  if (alert.channel !== undefined) return alert.channel.replace(/^#/, '');
  for (const text of [alert.title, ...Object.values(alert.labels)]) {
    for (const [, name = ''] of text.matchAll(CHANNEL_NAME)) {
      if (patterns.some((pattern) => matchesPattern(pattern, name))) return name.toLowerCase();
    }
  }
  for (const [label, text] of Object.entries(alert.labels)) {
    const id = CHANNEL_LABEL.test(label) ? CHANNEL_ADDRESS.exec(text)?.[1] : undefined;
    if (id !== undefined) return id;
  }
  return undefined;
}
