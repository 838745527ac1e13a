/**
 * A name from somebody's telemetry, made safe to stand in a sentence: one line, no marks that turn the reading direction,
 * nothing invisible, no backtick that would end a code span, and at most `limit` characters (cut in the middle of nothing:
 * whole code points, with `…`). Markup such as `<!channel>` is left for the chat to escape, which knows its own rules.
 */
export function safeName(name: string, limit = 80): string {
  // Cutting first keeps a hostile megabyte from being scanned again and again.
  const bounded = name.length > limit * 8 ? name.slice(0, limit * 8) : name;
  const clean = bounded
    .toWellFormed()
    .replace(INVISIBLE, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll('`', "'")
    .trim();
  if (clean === '') return '(no name)';
  const points = [...clean];
  return points.length <= limit && bounded === name ? clean : `${points.slice(0, limit - 1).join('')}…`;
}

/** Marks of direction (U+202A…E, U+2066…9, LRM, RLM, ALM), joiners, soft hyphens, the byte order mark and tag characters. */
const INVISIBLE =
  /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/**
 * Free text of somebody's program (an error message), as far as it can be shown: what looks like an address, a token or a
 * long number is left out, because such texts carry the very values that people must not leak into a channel.
 */
export function safeMessage(text: string, limit = 160): string {
  const masked = text
    .slice(0, 4_000)
    .replace(/[^\s@<>"']{1,64}@[^\s@<>"']{1,255}/g, '[address]')
    .replace(/\b(?:Bearer|Basic)\s+\S+/gi, '[token]')
    .replace(/\b(?=[\w-]{20,})(?=[\w-]*\d)[\w-]+(?:\.[\w-]+)*\b/g, '[id]')
    .replace(/\b\d(?:[ -]?\d){6,}\b/g, '[number]');
  return safeName(masked, limit);
}

/** The text without addresses of people and without what is handed over to be let in: for places that nobody can clean up. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/[^\s@<>"']{1,64}@[^\s@<>"']{1,255}/g, '[address]')
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, '$1 [secret]')
    .replace(
      /\b(\w*(?:password|passwd|secret|token|api[_-]?key|session(?:id)?|authorization))(["']?\s?[=:]\s?["']?)[^\s&"',;]+/gi,
      '$1$2[secret]',
    )
    .replace(/\b(?:gh[pousr]_|xox[abprs]-|sk-|AKIA|eyJ[\w-]{10,}\.)[\w.-]{8,}/g, '[secret]');
}
