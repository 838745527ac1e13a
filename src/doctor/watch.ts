import { MINUTE } from '../model/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { type Check, type Finding, runChecks } from './check.ts';

/** What was found is believed for so long; more often a sick backend is not asked by those who only look. */
const BELIEVED_FOR = MINUTE;

/** Looks after the parts that the bot does not hold in its own hands, for `/readyz` and for whoever reads the log. */
export type Watch = {
  /** Looks at everything once and logs what is not well. Never throws: a bot that starts is worth more. */
  begin(): Promise<void>;
  /** What was found last, a part each. Asking when that is a minute old looks again, without making anybody wait. */
  parts(): Readonly<Record<string, string>>;
  stop(): void;
};

/** Only standing checks are looked at again; the others are looked at once, when the bot starts. */
export function keepWatch(
  checks: readonly Check[],
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Watch {
  const stopping = new AbortController();
  const latest = new Map<string, Finding>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking = false;

  async function look(asked: readonly Check[]): Promise<void> {
    if (looking || stopping.signal.aborted) return;
    looking = true;
    try {
      for (const finding of await runChecks(asked, stopping.signal)) {
        const before = latest.get(finding.name);
        latest.set(finding.name, finding);
        if (before?.status !== finding.status) tell(finding, before);
      }
    } catch (thrown) {
      if (!stopping.signal.aborted) throw thrown;
    } finally {
      lookedAt = clock.now();
      looking = false;
    }
  }

  function tell({ name, status, detail, hint }: Finding, before: Finding | undefined): void {
    if (status !== 'ok') log.warn({ part: name, found: detail, hint }, 'A part is not as it should be');
    else if (before !== undefined) log.info({ part: name, found: detail }, 'A part is well again');
  }

  return {
    begin: () => look(checks),
    parts() {
      const standing = checks.filter((check) => check.standing);
      if (clock.now() - lookedAt > BELIEVED_FOR) void look(standing);
      return Object.fromEntries(
        [...latest.values()].map(({ name, status, detail }) => [
          name,
          status === 'ok' ? detail : `${status}: ${detail}`,
        ]),
      );
    },
    stop: () => stopping.abort(new Error('The bot stops')),
  };
}
