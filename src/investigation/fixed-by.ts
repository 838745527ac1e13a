import type { Alert } from '../model/alert.ts';

/** A note is said on a card, so that much of it. */
const LENGTH = 160;

/** "fixed by a rollback", "fix: new certificate", "fixed it by restarting auth". */
const SAYING =
  /^[\s"'*_>~-]*(?:(?:it|this|that)\s+(?:was|is|got)\s+)?(?:fixed(?:\s+(?:it|this|that))?\s+(?:by|with)|(?:the\s+)?fix(?:ed)?(?:\s+was)?\s*[:=–—-])\s*(?<what>\S[\s\S]*)$/i;

/** What a saying in a thread says to have fixed it; undefined when it is no such saying. */
export function fixSaidIn(text: string): string | undefined {
  const what = SAYING.exec(withoutMentions(text))?.groups?.what;
  return what === undefined || what.trim().endsWith('?') ? undefined : firstLine(what);
}

/** What the note of whoever resolved the alert says: all of it, since it answers nothing else. */
export function fixNoted(note: string | undefined): string | undefined {
  if (note === undefined) return undefined;
  return fixSaidIn(note) ?? (note.trim() === '' ? undefined : firstLine(note));
}

/**
 * What whoever resolved the alert wrote about the fix. Beside an alert that another's investigation answers for people write
 * why they closed it ("duplicate of …"), so only what says that it is the fix counts there.
 */
export function fixToldBy({ note, mergedInto }: Alert, alert: 'own' | 'joined'): string | undefined {
  if (note === undefined || mergedInto !== undefined) return undefined;
  return alert === 'own' ? fixNoted(note) : fixSaidIn(note);
}

function withoutMentions(text: string): string {
  return text.slice(0, 2_000).replace(/<[@#!][^>]*>/g, ' ');
}

function firstLine(text: string): string {
  const [line = ''] = text.trim().split(/\r?\n/);
  const points = [...line.replace(/\s+/g, ' ').trim()];
  return points.length <= LENGTH ? points.join('') : `${points.slice(0, LENGTH - 1).join('')}…`;
}
