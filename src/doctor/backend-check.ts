import { MINUTE } from '../model/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { BackendHealth, TraceBackend } from '../ports/trace-backend.ts';
import { type Check, type Finding, ok, warning } from './check.ts';

const LOOK_BACK = 60 * MINUTE;

/**
 * Whether a backend can be reached and lets us in, which version and services it shows, whether its clock agrees with ours
 * (its own `check` says all that), and whether one search of the last hour works.
 */
export function backendCheck(backend: TraceBackend, clock: Clock): Check {
  return {
    name: backend.title,
    standing: false,
    async look(signal) {
      const [health] = await healthOf(backend, signal);
      if (health === undefined || health.status === 'failed') return health === undefined ? [] : [health];
      return [await searched(backend, health, clock, signal)];
    },
  };
}

/** The same without the search, for a bot that looks every minute. */
export function backendHealthCheck(backend: TraceBackend): Check {
  return { name: backend.title, standing: true, look: (signal) => healthOf(backend, signal) };
}

async function healthOf(backend: TraceBackend, signal: AbortSignal): Promise<readonly Finding[]> {
  return [findingOf(backend.title, await backend.check(signal))];
}

function findingOf(name: string, { ok: well, detail, hint }: BackendHealth): Finding {
  if (!well) return { name, status: 'failed', detail, hint: hint ?? 'Look at its own log.' };
  return hint === undefined ? ok(name, detail) : warning(name, detail, hint);
}

async function searched(backend: TraceBackend, health: Finding, clock: Clock, signal: AbortSignal): Promise<Finding> {
  const to = clock.now();
  const window = { from: to - LOOK_BACK, to };
  const [service] = await backend.services(window.from, window.to, signal);
  const query = { ...window, ...(service === undefined ? {} : { service }), order: 'latest', limit: 1 } as const;
  const hits = await backend.search(query, signal);
  const about = service === undefined ? '' : ` of ${service}`;
  if (hits.length > 0) return { ...health, detail: `${health.detail}, a search finds traces${about}` };
  const detail = `${health.detail}, a search finds no traces${about} in the last hour`;
  return warning(
    backend.title,
    detail,
    health.hint ?? 'Look whether spans arrive there; without fresh ones there is nothing to compare.',
  );
}
