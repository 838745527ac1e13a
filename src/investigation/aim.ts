import type { Alert } from '../model/alert.ts';
import type { Investigation, Scope } from '../model/investigation.ts';
import type { EpochMicros, TraceId } from '../model/units.ts';
import type { TraceQuery } from '../ports/trace-backend.ts';
import { knownIncidents, type Window } from './known-incidents.ts';

/** What of a query says which traces are meant, wherever in time they are. */
export type Target = Pick<TraceQuery, 'service' | 'operation' | 'attributes'>;

/** One way of asking, and what to tell the reader when the narrower ones before it had found too little. */
export type Rung = {
  readonly targets: readonly Target[];
  readonly note?: string;
  /** Asks about services that the alert does not name: only where those that it names say nothing. */
  readonly everyone?: true;
};

/** Asking about every service of a large alert asks too much. */
const MOST_SERVICES = 5;

/** Labels by which alerts name a span, as span metrics of the Collector and of Tempo write them. */
const OPERATIONS = ['span_name', 'span.name', 'operation', 'transaction'];
const ROUTES = ['http_route', 'http.route', 'route', 'endpoint'];
const ENVIRONMENTS = [
  'deployment_environment_name',
  'deployment.environment.name',
  'deployment_environment',
  'deployment.environment',
  'environment',
  'env',
];

/**
 * Who is looked at, and when: all that searching, choosing and parting traces know of whoever asked.
 *
 * ```
 *   alert      ──── it began here, or a little earlier ──▶│ at ─────────────── to = now
 *   question                                              │ at ── it began ──▶ to
 * ```
 */
export type Aim = {
  readonly asked: 'by an alert' | 'by a question';
  /** `service.name`s; empty means every service. */
  readonly services: readonly string[];
  readonly operation?: string;
  readonly route?: string;
  readonly environment?: string;
  /** When the alert began, or where the time begins that a person asks about. */
  readonly at: EpochMicros;
  readonly to: EpochMicros;
  /** Traces that were named: suspects, whenever they were. */
  readonly traceIds: readonly TraceId[];
  /** Times of which no trace shows how things usually are. */
  readonly excluded: readonly Window[];
};

/** What a person asks: these services, and nothing else, in this time. */
export type WindowQuestion = {
  readonly services: readonly string[];
  readonly operation?: string;
  readonly from: EpochMicros;
  readonly to: EpochMicros;
};

/** `services` are those that the alert's words mean; `known` what was investigated before. */
export function aimOfAlert(
  alert: Alert,
  services: readonly string[],
  known: readonly Investigation[],
  now: EpochMicros,
): Aim {
  const operation = labelled(alert, OPERATIONS);
  const route = labelled(alert, ROUTES);
  const environment = alert.environment ?? labelled(alert, ENVIRONMENTS);
  return {
    asked: 'by an alert',
    services,
    ...(operation === undefined ? {} : { operation }),
    ...(route === undefined || operation !== undefined ? {} : { route }),
    ...(environment === undefined ? {} : { environment }),
    at: Math.min(alert.startedAt, now),
    to: now,
    traceIds: alert.traceIds,
    excluded: knownIncidents(known, alert),
  };
}

export function aimOfQuestion({ from, ...question }: WindowQuestion): Aim {
  return { asked: 'by a question', ...question, at: from, traceIds: [], excluded: [] };
}

/**
 * From what is asked exactly to everything there is, each rung wider than the one before it. An alert's words are guesses at
 * the names in traces and so may be let go; a person who names a service means it.
 *
 * ```
 *   alert      cart, POST /cart, production → cart, production → cart → every service
 *   question   cart, POST /cart
 * ```
 */
export function ladder({ asked, services, operation, route, environment }: Aim): readonly [Rung, ...Rung[]] {
  const meant = services.slice(0, MOST_SERVICES);
  const named = meant.length === 0 ? [{}] : meant.map((service) => ({ service }));
  if (asked === 'by a question')
    return [{ targets: named.map((target) => (operation === undefined ? target : { ...target, operation })) }];
  const inEnvironment: Record<string, string> = environment === undefined ? {} : { [ENVIRONMENT_KEY]: environment };
  const rungs: Rung[] = [];
  const widen = (narrowed: Target, note: string | undefined) =>
    rungs.push({
      targets: named.map((target) => ({ ...target, ...narrowed })),
      ...(note === undefined || rungs.length === 0 ? {} : { note }),
    });
  if (operation !== undefined) widen({ operation, ...withAttributes(inEnvironment) }, undefined);
  else if (route !== undefined) widen(withAttributes({ ...inEnvironment, [ROUTE_KEY]: route }), undefined);
  const what = operation ?? route;
  if (environment !== undefined) widen(withAttributes(inEnvironment), `Too few traces of ${what}, so all were read`);
  widen(
    {},
    environment === undefined
      ? `Too few traces of ${what}, so all were read`
      : `Too few traces in ${environment}, so those of every environment were read`,
  );
  if (meant.length > 0)
    rungs.push({
      targets: [{}],
      note: `Too few traces of ${meant.join(', ')}, so those of every service were read`,
      everyone: true,
    });
  const [narrowest = { targets: named }, ...wider] = rungs;
  return [narrowest, ...wider];
}

/** What of a rung belongs to the scope of an investigation, so that it is looked at again in the same way. */
export function scopeOf({ targets }: Rung): Pick<Scope, 'services' | 'operation' | 'environment' | 'route'> {
  const [{ operation, attributes } = {}] = targets;
  const environment = attributes?.[ENVIRONMENT_KEY];
  const route = attributes?.[ROUTE_KEY];
  return {
    services: targets.flatMap(({ service }) => (service === undefined ? [] : [service])),
    ...(operation === undefined ? {} : { operation }),
    ...(route === undefined ? {} : { route }),
    ...(environment === undefined ? {} : { environment }),
  };
}

/** The other way: what to ask for to look at the scope again. */
export function targetsOf({ services, operation, route, environment }: Scope): readonly Target[] {
  const attributes = {
    ...(environment === undefined ? {} : { [ENVIRONMENT_KEY]: environment }),
    ...(route === undefined ? {} : { [ROUTE_KEY]: route }),
  };
  const narrowed = { ...(operation === undefined ? {} : { operation }), ...withAttributes(attributes) };
  return services.length === 0 ? [narrowed] : services.map((service) => ({ service, ...narrowed }));
}

const ENVIRONMENT_KEY = 'deployment.environment.name';
const ROUTE_KEY = 'http.route';

function withAttributes(attributes: Readonly<Record<string, string>>): Target {
  return Object.keys(attributes).length === 0 ? {} : { attributes };
}

function labelled({ labels }: Alert, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = Object.hasOwn(labels, key) ? labels[key]?.trim() : undefined;
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}
