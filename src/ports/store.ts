import type { Investigation, ThreadRef } from '../model/investigation.ts';
import type { SpanRecord } from '../model/span.ts';

/** How an investigation is found again. */
export type Reference =
  | { readonly by: 'id'; readonly id: string }
  | { readonly by: 'thread'; readonly thread: ThreadRef }
  /** The latest investigation of a sender's incident. */
  | { readonly by: 'alert'; readonly source: string; readonly alertId: string };

/** What must survive a restart: investigations with their threads, and a bounded copy of the traces that they cite. */
export interface Store {
  /**
   * Changes what is stored under the id (undefined: nothing yet) in one step that no other process can come between, and
   * resolves with what stands then, safe on disk. `change` is pure: it may run again when another process was faster.
   * Answering `current` itself writes nothing.
   */
  update<Next extends Investigation | undefined>(
    id: string,
    change: (current: Investigation | undefined) => Next,
  ): Promise<Next>;
  find(reference: Reference): Promise<Investigation | undefined>;
  /** Newest first. */
  recent(limit: number): Promise<readonly Investigation[]>;
  /** Keeps the spans of cited traces for one investigation; the caller has bounded them. Replaces what was kept before. */
  keepTraces(id: string, spans: readonly SpanRecord[]): Promise<void>;
  keptTraces(id: string): Promise<readonly SpanRecord[]>;
  close(): Promise<void>;
}
