/**
 * The last line of every note that the bot leaves in somebody's incident, as `[causeway 3f9a2b7c1d20]`. By it a note is found
 * again after a doubt, and known as our own when its sender tells us that a note was written.
 */
export function noteMark(key: string): string {
  return `[causeway ${key}]`;
}

const MARK_AT_END = /\[causeway [0-9a-f]{12}\]\s*$/;

/** Whether we wrote it ourselves. A person who quotes our note writes something behind it. */
export function isOwnNote(text: string): boolean {
  return MARK_AT_END.test(text);
}
