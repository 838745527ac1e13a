const DEPTH_LIMIT = 4;
const TEXT_LIMIT = 200;
const LENGTH_LIMIT = 2_000;

/** A text at its place in an alert's free-form details: `{ path: 'labels.runbook_url', text: 'https://…' }`. */
export type Detail = { readonly path: string; readonly text: string };

/**
 * The texts, numbers and booleans of whatever JSON a monitoring tool attached to an alert, flattened to paths. Bounded in
 * depth (4), number (200) and length (2,000 characters each), because anybody may have written it.
 */
export function flattenDetails(details: unknown): readonly Detail[] {
  const flat: Detail[] = [];
  const waiting: { readonly path: string; readonly value: unknown; readonly depth: number }[] = [
    { path: '', value: details, depth: 0 },
  ];
  for (let next = waiting.shift(); next !== undefined && flat.length < TEXT_LIMIT; next = waiting.shift()) {
    const { path, value, depth } = next;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      flat.push({ path, text: cut(String(value), LENGTH_LIMIT) });
    } else if (typeof value === 'object' && value !== null && depth < DEPTH_LIMIT) {
      for (const [key, inner] of Object.entries(value).slice(0, TEXT_LIMIT)) {
        if (waiting.length < 5 * TEXT_LIMIT) {
          waiting.push({ path: path === '' ? key : `${path}.${key}`, value: inner, depth: depth + 1 });
        }
      }
    }
  }
  return flat;
}

/** The first link whose path's last word is one of the names, as `runbook` and `runbook_url`. */
export function linkNamed(details: readonly Detail[], names: readonly string[]): string | undefined {
  return details
    .filter(({ path }) => names.includes(path.slice(path.lastIndexOf('.') + 1).toLowerCase()))
    .map(({ text }) => webLink(text))
    .find((link) => link !== undefined);
}

/** The text when it is an http(s) address, so that no `javascript:` becomes a link in a channel. */
export function webLink(text: string | null | undefined): string | undefined {
  if (text === undefined || text === null || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined;
}

/** At most `limit` UTF-16 units, never half a character, never a lone surrogate from outside. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text.toWellFormed();
  const kept = text.slice(0, limit - 1);
  const last = kept.charCodeAt(kept.length - 1);
  const halved = last >= 0xd800 && last <= 0xdbff;
  return `${(halved ? kept.slice(0, -1) : kept).toWellFormed()}…`;
}
