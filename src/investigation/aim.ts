import type { Alert } from '../model/alert.ts';
import type { Scope } from '../model/investigation.ts';
import type { TraceQuery } from '../ports/trace-backend.ts';

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

/** What an alert says beside the services. */
export type Aim = { readonly operation?: string; readonly route?: string; readonly environment?: string };

export function aimOf(alert: Alert): Aim {
  const operation = labelled(alert, OPERATIONS);
  const route = labelled(alert, ROUTES);
  const environment = alert.environment ?? labelled(alert, ENVIRONMENTS);
  return {
    ...(operation === undefined ? {} : { operation }),
    ...(route === undefined || operation !== undefined ? {} : { route }),
    ...(environment === undefined ? {} : { environment }),
  };
}

/**
 * From what the alert says exactly to everything there is, each rung wider than the one before it:
 *
 * ```
 *   cart, POST /cart, production → cart, production → cart → every service
 * ```
 */
export function ladder(services: readonly string[], aim: Aim): readonly [Rung, ...Rung[]] {
  const { operation, route, environment } = aim;
  const asked = services.slice(0, MOST_SERVICES);
  const named = asked.length === 0 ? [{}] : asked.map((service) => ({ service }));
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
  if (asked.length > 0)
    rungs.push({
      targets: [{}],
      note: `Too few traces of ${asked.join(', ')}, so those of every service were read`,
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
