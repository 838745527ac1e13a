/** Measures of a picture, in pixels before it is drawn at twice the density. */
export type WaterfallLayout = {
  readonly spec: string;
  /** Lines at most; rasterising is most of the cost, so fewer lines are the first economy. */
  readonly rows: number;
  /** `above`: the label on a line of its own above the bar, for narrow pictures. `beside`: labels left, bars right. */
  readonly labels: 'above' | 'beside';
  /** Width without the padding: `gutter + plot + room`. */
  readonly width: number;
  /** Room for labels left of time zero. */
  readonly gutter: number;
  /** What the whole duration takes. */
  readonly plot: number;
  /** Room for durations right of the last bar. */
  readonly room: number;
  readonly text: number;
  readonly row: number;
  /** Middle of the text in its line. */
  readonly baseline: number;
  readonly bar: { readonly from: number; readonly to: number };
  readonly pathWidth: number;
  /** The narrowest bar that can still be seen. */
  readonly thinnest: number;
  readonly indent: number;
  /** Deeper levels are not indented further. */
  readonly deepest: number;
  readonly ticks: number;
  readonly padding: { readonly side: number; readonly bottom: number };
  readonly title: { readonly size: number; readonly line: number; readonly lines: number };
  readonly subtitle: { readonly size: number; readonly line: number; readonly lines: number };
  /** From the top of the picture to the title, and from the subtitle to the plot (the axis stands there). */
  readonly above: number;
  readonly below: number;
};

/** In the card: 18 px text on 640 px, so that it still reads as 10 px on a phone 360 px wide. */
export const CARD: WaterfallLayout = {
  spec: 'waterfall-card.vl.json',
  rows: 15,
  labels: 'above',
  width: 608,
  gutter: 0,
  plot: 608,
  room: 0,
  text: 18,
  row: 46,
  baseline: 13,
  bar: { from: 26, to: 40 },
  pathWidth: 4,
  thinnest: 3,
  indent: 14,
  deepest: 8,
  ticks: 5,
  padding: { side: 16, bottom: 12 },
  title: { size: 22, line: 27, lines: 2 },
  subtitle: { size: 18, line: 24, lines: 2 },
  above: 14,
  below: 44,
};

/** Behind the button, for a screen. */
export const FULL: WaterfallLayout = {
  spec: 'waterfall-full.vl.json',
  rows: 40,
  labels: 'beside',
  width: 1118,
  gutter: 420,
  plot: 558,
  room: 140,
  text: 13,
  row: 22,
  baseline: 11,
  bar: { from: 4, to: 18 },
  pathWidth: 4,
  thinnest: 2,
  indent: 12,
  deepest: 12,
  ticks: 6,
  padding: { side: 16, bottom: 12 },
  title: { size: 17, line: 21, lines: 2 },
  subtitle: { size: 13, line: 18, lines: 2 },
  above: 12,
  below: 36,
};
