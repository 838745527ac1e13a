import type { Receiver } from '@slack/bolt';
import type { Route } from '../http.ts';

/** How Slack's events reach Bolt. */
export type Transport = {
  /** What Bolt is given to receive from. */
  readonly receiver: Receiver;
  /** What it serves on our own HTTP server. */
  readonly routes: readonly Route[];
  /** Resolves once events arrive. */
  start(): Promise<void>;
  /** Takes no more events. */
  stop(): Promise<void>;
};
