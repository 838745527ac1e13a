import { type Logger, LogLevel } from '@slack/bolt';
import type { Log } from '../ports/log.ts';

/** Tokens, and the tickets in the addresses of Socket Mode. */
const SECRETS = /\b(?:xox[a-z]|xapp|xwfp)-[\w-]+|\b(?:ticket|token|app_id|secret)=[^&\s"']+/gi;

/** Text that may be logged. */
export function redacted(text: string): string {
  return text.replace(SECRETS, '[redacted]');
}

/**
 * Bolt's logger as our log. Its debug lines hold whole payloads and never pass; its info lines tell nothing that ours do
 * not. Of an error only the message is kept, for errors of the Web API carry the request.
 */
export function boltLogger(log: Log): Logger {
  const line = (parts: readonly unknown[]) =>
    redacted(parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ')).slice(0, 500);
  return {
    debug: () => {},
    info: () => {},
    warn: (...parts: unknown[]) => log.warn({ part: 'slack' }, line(parts)),
    error: (...parts: unknown[]) => log.error({ part: 'slack' }, line(parts)),
    setLevel: () => {},
    getLevel: () => LogLevel.WARN,
    setName: () => {},
  };
}
