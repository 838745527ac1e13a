import { Failure } from '../failure.ts';

/** How one thing was found. A warning works, but not as somebody would wish it. */
export type Finding = {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  /** What was seen; never a secret. */
  readonly detail: string;
  /** What to do about it; always there unless all is well. */
  readonly hint?: string;
};

/** Looks at one thing from outside and changes nothing there. What it throws counts as failed. */
export type Check = {
  readonly name: string;
  /** Cheap enough to be looked at again and again while the bot runs. */
  readonly standing: boolean;
  look(signal: AbortSignal): Promise<readonly Finding[]>;
};

/** Longer than the time-outs of what is asked, so that their own words are heard. */
const PATIENCE_MS = 40_000;

/**
 * Runs all checks side by side; their findings come in the checks' order. None can keep the others waiting for ever: what
 * has not answered in time has failed. Only an abort of the signal rejects.
 */
export async function runChecks(
  checks: readonly Check[],
  signal: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<readonly Finding[]> {
  const findings = await Promise.all(checks.map((check) => lookAt(check, signal, patienceMs)));
  signal.throwIfAborted();
  return findings.flat();
}

async function lookAt(check: Check, signal: AbortSignal, patienceMs: number): Promise<readonly Finding[]> {
  const tooLong = new Failure(
    'timed-out',
    `There was no answer within ${Math.round(patienceMs / 1_000)} s.`,
    'Look at its load and at the network between here and there.',
  );
  const own = new AbortController();
  const either = AbortSignal.any([signal, own.signal]);
  const ended = Promise.withResolvers<never>();
  either.addEventListener('abort', () => ended.reject(either.reason), { once: true });
  const timer = setTimeout(() => own.abort(tooLong), patienceMs);
  try {
    either.throwIfAborted();
    return await Promise.race([check.look(either), ended.promise]);
  } catch (thrown) {
    return [failed(check.name, thrown)];
  } finally {
    clearTimeout(timer);
  }
}

export function failed(name: string, thrown: unknown): Finding {
  const { message, hint } = Failure.from(thrown);
  return { name, status: 'failed', detail: message, hint };
}

export function ok(name: string, detail: string): Finding {
  return { name, status: 'ok', detail };
}

export function warning(name: string, detail: string, hint: string): Finding {
  return { name, status: 'warning', detail, hint };
}
