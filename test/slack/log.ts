import type { Log } from '../../src/ports/log.ts';

export type Lines = { readonly log: Log; readonly lines: string[] };

/** A log that keeps its lines as they would be printed. */
export function keptLog(): Lines {
  const lines: string[] = [];
  const keep = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push(JSON.stringify({ level, ...fields, message }));
  };
  return { lines, log: { info: keep('info'), warn: keep('warn'), error: keep('error') } };
}
