import type { Alert } from '../model/alert.ts';
import type { Gathering, Investigation } from '../model/investigation.ts';
import type { Enriched } from '../ports/alert-source.ts';
import type { Store } from '../ports/store.ts';

/** Asks whoever sent an alert for what its webhook left out; answers the alert as it is where there is nobody to ask. */
export type Enrich = (alert: Alert, signal: AbortSignal) => Promise<Enriched>;

/**
 * The investigation with what its sender says beside the webhook, which is kept: routes, links and questions find it there. The
 * caveat is what the sender could not tell.
 */
export async function askSender<Asked extends Investigation>(
  parts: { readonly store: Store; readonly enrich: Enrich },
  investigation: Asked,
  signal: AbortSignal,
): Promise<{ readonly investigation: Asked; readonly caveat?: string }> {
  const { trigger } = investigation;
  if (trigger.kind !== 'alert') return { investigation };
  const { alert, caveat } = await parts.enrich(trigger.alert, signal);
  const told = caveat === undefined ? {} : { caveat };
  if (alert === trigger.alert) return { investigation, ...told };
  const known = { kind: 'alert', alert } as const;
  await parts.store.update(investigation.id, (current) =>
    // It may have fired again meanwhile: then that is what it is about, and the sender is asked about that.
    current?.trigger.kind === 'alert' && current.trigger.alert.delivery === alert.delivery
      ? { ...current, trigger: known }
      : current,
  );
  return { investigation: { ...investigation, trigger: known }, ...told };
}

/** What the sender could not tell stands first: it may be why the wrong traces were read. */
export function withCaveat(gathering: Gathering, caveat: string | undefined): Gathering {
  return caveat === undefined ? gathering : { ...gathering, notes: [caveat, ...gathering.notes] };
}
