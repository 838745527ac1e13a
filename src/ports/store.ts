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
  /** Resolves once it is safe on disk; replaces what the id held before. */
  save(investigation: Investigation): Promise<void>;
  find(reference: Reference): Promise<Investigation | undefined>;
  /** Newest first. */
  recent(limit: number): Promise<readonly Investigation[]>;
  /** Keeps the spans of cited traces for one investigation; the caller has bounded them. Replaces what was kept before. */
  keepTraces(id: string, spans: readonly SpanRecord[]): Promise<void>;
  keptTraces(id: string): Promise<readonly SpanRecord[]>;
  close(): Promise<void>;
}
