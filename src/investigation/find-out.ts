import type { Gathering, Investigation } from '../model/investigation.ts';
import type { Analysis } from '../model/verdict.ts';
import type { Store } from '../ports/store.ts';
import { inSpan } from '../telemetry.ts';
import { copyCited } from './copies.ts';
import { gatherForAlert } from './gather.ts';
import { gatherForTrace } from './gather-trace.ts';
import type { Gathered, GatherParts, Progress } from './gathered.ts';

export type FindOutParts = GatherParts & {
  readonly store: Store;
  /** `service.name`s that the configuration gives for an alert. */
  servicesFor(investigation: Investigation): readonly string[] | undefined;
};

export type FoundOut = { readonly gathering: Gathering; readonly analysis: Analysis };

/** Earlier investigations that are asked what was wrong when. */
const KNOWN = 50;

/** From trigger to analysis: the traces are gathered and analysed, and those that it cites are kept. */
export async function findOut(
  parts: FindOutParts,
  investigation: Investigation,
  progress: Progress,
  signal: AbortSignal,
): Promise<FoundOut> {
  const gathered = await inSpan('gather traces', {}, () => gather(parts, investigation, progress, signal));
  try {
    const { gathering } = gathered;
    const analysis = await inSpan('analyse', { attributes: { 'causeway.spans': gathering.spans } }, () =>
      gathered.analyse(investigation.trigger, signal),
    );
    await parts.store.keepTraces(investigation.id, await copyCited(parts.backend, gathered, analysis, signal));
    return { gathering, analysis };
  } finally {
    gathered.close();
  }
}

async function gather(
  parts: FindOutParts,
  investigation: Investigation,
  progress: Progress,
  signal: AbortSignal,
): Promise<Gathered> {
  const { trigger } = investigation;
  if (trigger.kind === 'alert') {
    const others = (await parts.store.recent(KNOWN)).filter(({ id }) => id !== investigation.id);
    const known = [investigation, ...others];
    const services = parts.servicesFor(investigation);
    return gatherForAlert(parts, trigger.alert, { services, known, progress, signal });
  }
  return gatherForTrace(parts, trigger.traceId, { progress, signal });
}
