/**
 * Widths of text in the font we ship (DejaVu Sans Condensed), so that labels are cut where they really end: without a
 * canvas Vega only guesses widths, and guesses too wide.
 *
 * Advance widths of U+0020…U+007E in hundredths of the font size, from the font's own `hmtx` table.
 */
const PLAIN = [
  29, 36, 41, 75, 57, 85, 70, 25, 35, 35, 45, 75, 29, 32, 29, 30, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 30, 30, 75,
  75, 75, 48, 90, 62, 62, 63, 69, 57, 52, 70, 68, 27, 27, 59, 50, 78, 67, 71, 54, 71, 62, 57, 55, 66, 62, 89, 62, 55,
  62, 35, 30, 35, 75, 45, 45, 55, 57, 49, 57, 55, 32, 57, 57, 25, 25, 52, 25, 88, 57, 55, 57, 57, 37, 47, 35, 57, 53,
  74, 53, 53, 47, 57, 30, 57, 75,
];
const BOLD = [
  31, 41, 47, 75, 63, 90, 78, 28, 41, 41, 47, 75, 34, 37, 34, 33, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 36, 36, 75,
  75, 75, 52, 90, 70, 69, 66, 75, 61, 61, 74, 75, 33, 33, 70, 57, 90, 75, 76, 66, 76, 69, 65, 61, 73, 70, 99, 69, 65,
  65, 41, 33, 41, 75, 45, 45, 61, 64, 53, 64, 61, 39, 64, 64, 31, 31, 60, 31, 94, 64, 62, 64, 64, 44, 54, 43, 64, 59,
  83, 58, 59, 52, 64, 33, 64, 75,
];

export type TextStyle = { readonly size: number; readonly bold: boolean };

/** Pixels that the text takes; letters beyond ASCII count as wide as the widest usual ones, ideographs and emoji in full. */
export function textWidth(text: string, style: TextStyle): number {
  const widths = style.bold ? BOLD : PLAIN;
  let hundredths = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    hundredths += widths[code - 0x20] ?? (code < 0x1100 ? 72 : 105);
  }
  return (hundredths * style.size) / 100;
}

/** The text, cut with `…` so that it takes at most `width` pixels; empty when not even the mark fits. */
export function ellipsize(text: string, width: number, style: TextStyle): string {
  if (textWidth(text, style) <= width) return text;
  const room = width - textWidth('…', style);
  if (room < 0) return '';
  let taken = 0;
  let kept = '';
  for (const character of text) {
    taken += textWidth(character, style);
    if (taken > room) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

/** Whole words on at most `lines` lines of `width` pixels; what is too much ends in `…`. */
export function wrap(text: string, width: number, style: TextStyle, lines: number): readonly string[] {
  const wrapped: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || textWidth(longer, style) <= width) line = longer;
    else if (wrapped.length === lines - 1) line = longer;
    else {
      wrapped.push(line);
      line = word;
    }
  }
  wrapped.push(line);
  return wrapped.map((each) => ellipsize(each, width, style));
}
