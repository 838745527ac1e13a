import type { Alert } from '../model/alert.ts';

/** What `causeway.yml` says of one of the sender's services. */
export type Route = {
  readonly alert: string;
  readonly traces?: readonly string[] | undefined;
  readonly channel?: string | undefined;
  readonly runbook?: string | undefined;
  readonly owner?: string | undefined;
};

export function routeOf(alert: Alert, routes: readonly Route[]): Route | undefined {
  const name = alert.service?.toLowerCase();
  return name === undefined ? undefined : routes.find((route) => route.alert.toLowerCase() === name);
}

/** Words in names that tell services apart from nothing. */
const EMPTY_WORDS = new Set([
  'service',
  'svc',
  'api',
  'app',
  'server',
  'backend',
  'prod',
  'production',
  'staging',
  'the',
  'team',
  'http',
  'https',
]);

/** Labels that hold a `service.name` as it is, as span metrics write them. */
const SERVICE_LABELS = ['service_name', 'service.name', 'service', 'job', 'app'];

/**
 * The known `service.name`s that an alert names: exactly, in a label; else in the words of its service or, failing that, of its
 * title.
 */
export function servicesNamedBy(
  alert: Pick<Alert, 'service' | 'title' | 'labels'>,
  known: readonly string[],
): readonly string[] {
  for (const label of SERVICE_LABELS) {
    // Prometheus' job is `namespace/name` for whoever follows OpenTelemetry.
    const value = Object.hasOwn(alert.labels, label) ? alert.labels[label] : undefined;
    const named = known.filter((service) => service === value || (label === 'job' && value?.endsWith(`/${service}`)));
    if (named.length > 0) return named;
  }
  for (const text of [alert.service, alert.title]) {
    const named = text === undefined ? [] : servicesCalled(text, known);
    if (named.length > 0) return named;
  }
  return [];
}

/**
 * The known `service.name`s that a text names: every word of the service's name that means something occurs in it.
 *
 * ```
 *   "Checkout Service (prod)"  ~  checkoutservice, checkout, checkout-api      not: checkout-worker
 * ```
 */
export function servicesCalled(text: string, known: readonly string[]): readonly string[] {
  const said = new Set(words(text));
  const squeezed = [...said].join('');
  const named = known.filter((service) => {
    const needed = words(service);
    return needed.length > 0 && (needed.every((word) => said.has(word)) || needed.join('') === squeezed);
  });
  return named.filter((service) => !named.some((other) => saysMore(other, service))).toSorted();
}

/** `checkout-worker` says more than `checkout-api` does: all its words and others beside. */
function saysMore(other: string, service: string): boolean {
  const more = words(other);
  const less = words(service);
  return more.length > less.length && less.every((word) => more.includes(word));
}

function words(name: string): readonly string[] {
  const parts = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .map((part) => part.replace(/(?<=\p{L}{3})(service|svc|server)$/u, ''))
    .filter((part) => part !== '' && !EMPTY_WORDS.has(part));
  return [...new Set(parts)];
}
