import type { EpochMicros } from './units.ts';

/**
 * What the bot says, free of any chat's mark-up. Plain strings are data: whoever draws them escapes them, so a span called
 * `<!channel>` wakes nobody.
 */
export type Piece =
  | string
  | { readonly bold: string }
  | { readonly code: string }
  | { readonly link: string; readonly text: string }
  /** Shown in each reader's own time zone. */
  | { readonly time: EpochMicros; readonly style: 'time' | 'date-time' };

export type Line = readonly Piece[];

export type Button = {
  readonly action: string;
  readonly label: string;
  readonly value?: string;
  readonly style?: 'primary' | 'danger';
  readonly url?: string;
};

export type Part =
  | { readonly kind: 'headline'; readonly line: Line }
  | { readonly kind: 'text'; readonly lines: readonly Line[] }
  | { readonly kind: 'list'; readonly items: readonly Line[] }
  /** Small print. */
  | { readonly kind: 'note'; readonly line: Line }
  | { readonly kind: 'picture'; readonly file: PictureRef; readonly alt: string }
  | { readonly kind: 'table'; readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'buttons'; readonly buttons: readonly Button[] };

export type Message = {
  /** The whole message in one plain sentence: notifications and screen readers have only this. */
  readonly summary: string;
  readonly parts: readonly Part[];
};

/** A picture that the chat already holds. */
export type PictureRef = { readonly id: string };

/** A rendered picture. `alt` carries the verdict in words. */
export type Picture = {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly filename: string;
  readonly title: string;
  readonly alt: string;
};
