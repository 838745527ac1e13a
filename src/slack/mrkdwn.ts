import type { Line, Piece } from '../model/message.ts';
import { SECOND } from '../model/units.ts';
import { LIMITS } from './limits.ts';

export const ELLIPSIS = '…';

/**
 * Characters that change how their neighbours are read: C0 and C1 controls, and the marks that reverse the direction of all
 * that follows. A span name may hold them; a card must not obey them.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const STEERING = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;

/** Data as one line of well-formed text: no line breaks, no controls, no half of a surrogate pair. */
export function plain(text: string): string {
  return text.toWellFormed().replace(STEERING, ' ');
}

/** The three characters that Slack's mark-up is made of (docs.slack.dev/messaging/formatting-message-text). */
function escapeMarks(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** Text of at most `limit` UTF-16 units; what was cut ends in "…" and never in half a character. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  if (limit < 1) return '';
  return `${text.slice(0, limit - 1).replace(/[\ud800-\udbff\u200d]+$/, '')}${ELLIPSIS}`;
}

/** As `clip`, measured on the escaped text, so that no `&amp;` is cut in two. */
export function clipEscaped(text: string, limit: number): string {
  const whole = escapeMarks(text);
  if (whole.length <= limit) return whole;
  let size = 0;
  let kept = '';
  for (const character of text) {
    const escaped = escapeMarks(character);
    if (size + escaped.length > limit - ELLIPSIS.length) break;
    size += escaped.length;
    kept += escaped;
  }
  return limit < 1 ? '' : `${kept}${ELLIPSIS}`;
}

/** A web address that may stand in a message; undefined for anything else, as `javascript:` or a sentence. */
export function safeUrl(url: string, limit: number): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { href, protocol } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return undefined;
  return href.length <= limit ? href : undefined;
}

/**
 * A piece as mark-up around text. The text may be cut where there is no room; the mark-up never is, so a cut cannot let
 * anything out of its code span or link.
 *
 * ```
 *   { link, text: 'the trace' }   →   '<https://…|'  'the trace'  '>'
 *                                        before         text      after
 * ```
 */
type Marked = { readonly before: string; readonly text: string; readonly after: string };

function mark(piece: Piece): Marked {
  if (typeof piece === 'string') return { before: '', text: literal(plain(piece)), after: '' };
  if ('bold' in piece) return wrapped('*', literal(plain(piece.bold)).replaceAll('*', '∗'));
  if ('code' in piece) return wrapped('`', withoutBackticks(plain(piece.code)));
  if ('link' in piece) return link(piece.link, literal(plain(piece.text)).replaceAll('|', '¦'));
  return { before: date(piece.time, piece.style), text: '', after: '' };
}

/** A marker where Slack would begin to format: nothing of a word before it, something right after it. */
const OPENER = /(?<![\p{L}\p{N}])[*_~](?=\S)/gu;
const LOOKALIKES: Readonly<Record<string, string>> = { '*': '∗', _: 'ˍ', '~': '∼' };

/**
 * Data between two markers, as `__init__`, would be formatted and lose them, for Slack has no way to escape a marker. Those
 * that could begin something are replaced by characters that look alike; `snake_case` and a lone `*` stay as they are.
 */
export function literal(text: string): string {
  const isPaired = (marker: string) => text.indexOf(marker) !== text.lastIndexOf(marker);
  return withoutBackticks(text).replace(OPENER, (marker) =>
    isPaired(marker) ? (LOOKALIKES[marker] ?? marker) : marker,
  );
}

/** A backtick in data would open a code span that swallows the mark-up after it; this one looks alike and does nothing. */
function withoutBackticks(text: string): string {
  return text.replaceAll('`', 'ˋ');
}

/** Slack draws mark-up only around text that neither begins nor ends with a space. */
function wrapped(mark: string, text: string): Marked {
  const inner = text.trim();
  return inner === '' ? { before: '', text: '', after: '' } : { before: mark, text: inner, after: mark };
}

function link(url: string, text: string): Marked {
  const address = safeUrl(url, LIMITS.linkUrl);
  if (address === undefined) return { before: '', text, after: '' };
  const escaped = escapeMarks(address).replaceAll('|', '%7C');
  return { before: `<${escaped}|`, text: text.trim() === '' ? address : text, after: '>' };
}

/** Milliseconds from where a year needs more digits than anybody's clock shows. */
const YEAR_10000 = 253_402_300_800_000;

/** Shown in the reader's own zone; the fallback, for who has none, says UTC. */
function date(time: number, style: 'time' | 'date-time'): string {
  const milliseconds = (time / SECOND) * 1_000;
  if (!(milliseconds >= 0 && milliseconds < YEAR_10000)) return 'an unknown time';
  const [day, clock] = new Date(milliseconds).toISOString().split('T');
  const minute = clock?.slice(0, style === 'time' ? 8 : 5);
  const seconds = Math.floor(time / SECOND);
  return style === 'time'
    ? `<!date^${seconds}^{time_secs}|${minute} UTC>`
    : `<!date^${seconds}^{date_short} {time}|${day} ${minute} UTC>`;
}

/** A line as Slack's mrkdwn in at most `limit` characters. Whatever the pieces hold, only our own mark-up is in it. */
export function mrkdwn(line: Line, limit: number): string {
  const pieces = line.map(mark);
  const whole = pieces.map(({ before, text, after }) => before + escapeMarks(text) + after).join('');
  if (whole.length <= limit) return whole;

  // Too long: whole pieces as long as they leave room for "…", then as much of the next as fits.
  let out = '';
  for (const { before, text, after } of pieces) {
    const escaped = escapeMarks(text);
    const room = limit - out.length - before.length - after.length;
    if (escaped.length < room) {
      out += before + escaped + after;
      continue;
    }
    const worthCutting = text !== '' && room > ELLIPSIS.length;
    return worthCutting ? out + before + clipEscaped(`${text}${ELLIPSIS}`, room) + after : out + ELLIPSIS;
  }
  return out;
}

/** A line without any mark-up, for headers and summaries: what a screen reader says. */
export function unmarked(line: Line): string {
  return line
    .map((piece) => {
      if (typeof piece === 'string') return plain(piece);
      if ('bold' in piece) return plain(piece.bold);
      if ('code' in piece) return plain(piece.code);
      if ('link' in piece) return plain(piece.text);
      return date(piece.time, piece.style).replace(/^<.*\|(.*)>$/, '$1');
    })
    .join('');
}
