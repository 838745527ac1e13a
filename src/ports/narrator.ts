import type { Line } from '../model/message.ts';

/** May reword a line, never decide one. The default says it as it is. */
export interface Narrator {
  reword(line: Line, signal: AbortSignal): Promise<Line>;
}
