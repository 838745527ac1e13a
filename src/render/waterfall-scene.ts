import type { Section, Trace } from '../model/trace.ts';
import { at, numberAt, type SpanId } from '../model/units.ts';
import { formatCount, formatMicros } from './format.ts';
import { safeName } from './names.ts';
import { colourServices, INK, OTHER_COLOUR } from './palette.ts';
import { chooseRows, extent, type RowChoice, type WaterfallRow } from './rows.ts';
import { ellipsize, type TextStyle, textWidth } from './text-width.ts';
import { type TimeAxis, timeAxis } from './time-axis.ts';
import type { WaterfallLayout } from './waterfall-layout.ts';

/** One trace of the picture; two of them stand above each other on one time scale. */
export type Strip = {
  readonly trace: Trace;
  readonly path: readonly Section[];
  readonly culprits: readonly SpanId[];
  /** Written above the strip when there are two. */
  readonly heading?: string;
};

type Box = { readonly from: number; readonly to: number; readonly y: number; readonly y2: number };
type Coloured = Box & { readonly color: string };
type Words = { readonly x: number; readonly y: number; readonly text: string; readonly color: string };
type Aligned = Words & { readonly align: 'left' | 'right' };

/**
 * What the chart shows, as the named data sets of `templates/charts/waterfall-*.vl.json`: x in microseconds since the
 * trace began (labels may stand left of zero), y in pixels from the top.
 */
export type WaterfallScene = {
  readonly datasets: {
    readonly bands: readonly Coloured[];
    readonly bars: readonly Coloured[];
    readonly path: readonly Box[];
    readonly outlines: readonly Box[];
    readonly services: readonly Words[];
    readonly labels: readonly Words[];
    readonly durations: readonly Aligned[];
  };
  readonly axis: TimeAxis;
  readonly from: number;
  readonly until: number;
  readonly height: number;
  /** Spans of all strips, and how many no line shows. */
  readonly total: number;
  readonly folded: number;
};

const MARK = '◀';

/** Lays the strips out; the same strips give the same scene. */
export function layOut(strips: readonly Strip[], layout: WaterfallLayout, marker: string): WaterfallScene {
  const length = Math.max(1, ...strips.map((strip) => extent(strip.trace).total));
  const perPixel = length / layout.plot;
  const pen = createPen(layout, perPixel, length, marker);
  const limit = Math.floor(layout.rows / strips.length);
  const choices = strips.map(({ trace, culprits, path }) => chooseRows(trace, { limit, culprits, path }));
  const colours = colourServices(strips.flatMap(({ trace }, index) => servicesOf(trace, choices[index])));
  for (const [index, strip] of strips.entries()) {
    const choice = choices[index];
    if (strip.heading !== undefined) pen.heading(strip.heading);
    if (choice) pen.strip(strip, choice, colours);
  }
  const total = choices.reduce((sum, choice) => sum + choice.total, 0);
  const folded = choices.reduce((sum, choice) => sum + choice.folded, 0);
  pen.legend(legend(choices, folded, total, marker));
  return {
    ...pen.result(),
    axis: timeAxis(length, layout.ticks),
    from: -layout.gutter * perPixel,
    until: length + layout.room * perPixel,
    total,
    folded,
  };
}

function servicesOf(trace: Trace, choice: RowChoice | undefined): readonly string[] {
  return (choice?.rows ?? []).map((line) => trace.table.text(at(trace.table.service, line.row)));
}

function legend(choices: readonly RowChoice[], folded: number, total: number, marker: string): readonly string[] {
  const rows = choices.flatMap((choice) => choice.rows);
  const parts = ['black line: what the request waited for'];
  if (rows.some((row) => row.error)) parts.push('✖ error');
  if (rows.some((row) => row.culprit)) parts.push(`red frame: ${marker}`);
  if (folded > 0) parts.push(`+${formatCount(folded)} of ${formatCount(total)} spans folded`);
  return parts;
}

/** Puts lines under one another. */
function createPen(layout: WaterfallLayout, perPixel: number, length: number, marker: string) {
  const bands: Coloured[] = [];
  const bars: Coloured[] = [];
  const path: Box[] = [];
  const outlines: Box[] = [];
  const services: Words[] = [];
  const labels: Words[] = [];
  const durations: Aligned[] = [];
  const plain: TextStyle = { size: layout.text, bold: false };
  const bold: TextStyle = { size: layout.text, bold: true };
  const left = -layout.gutter * perPixel;
  const right = length + layout.room * perPixel;
  let y = 0;

  function heading(text: string): void {
    if (y > 0) y += layout.text / 2;
    bands.push({ from: left, to: right, y, y2: y + layout.text * 1.7, color: '#eef0f3' });
    services.push({
      x: left + 6 * perPixel,
      y: y + layout.text * 0.85,
      text: ellipsize(text, layout.width - 12, bold),
      color: INK.text,
    });
    y += layout.text * 1.7 + 4;
  }

  function strip(of: Strip, choice: RowChoice, colours: ReadonlyMap<string, string>): void {
    const { trace } = of;
    const begin = extent(trace).start;
    const waits = sectionsByLine(trace, of.path, choice.rows, perPixel / 2);
    for (const [index, line] of choice.rows.entries()) {
      if (line.culprit) bands.push({ from: left, to: right, y, y2: y + layout.row, color: '#fdecee' });
      const service = trace.table.text(at(trace.table.service, line.row));
      const box = { y: y + layout.bar.from, y2: y + layout.bar.to };
      const span = drawBars(trace, line, begin, colours.get(service) ?? OTHER_COLOUR, box);
      for (const wait of waits[index] ?? []) {
        path.push({ from: wait.start - begin, to: wait.end - begin, y: box.y2 - layout.pathWidth, y2: box.y2 });
      }
      if (line.culprit) outlines.push({ from: span.from, to: span.to, y: box.y - 2, y2: box.y2 + 2 });
      write(trace, line, safeName(service, 60), span);
      y += layout.row;
    }
  }

  /** The bars of a line; answers where they begin and end, never narrower than can be seen. */
  function drawBars(trace: Trace, line: WaterfallRow, begin: number, color: string, box: { y: number; y2: number }) {
    let first = Number.POSITIVE_INFINITY;
    let last = 0;
    for (const row of line.members) {
      const from = numberAt(trace.table.start, row) - begin;
      const to = Math.max(numberAt(trace.table.end, row) - begin, from + layout.thinnest * perPixel);
      first = Math.min(first, from);
      last = Math.max(last, to);
      // Thousands of bars on a few hundred pixels are drawn as the pixels that they cover.
      const before = line.members.length > 1 ? bars.at(-1) : undefined;
      if (before && before.y === box.y && from <= before.to + perPixel) {
        bars[bars.length - 1] = { ...before, to: Math.max(before.to, to) };
      } else {
        bars.push({ from, to, ...box, color });
      }
    }
    return { from: first, to: last };
  }

  function write(trace: Trace, line: WaterfallRow, service: string, bar: { from: number; to: number }): void {
    const color = line.culprit ? INK.trouble : INK.text;
    const took = formatMicros(lengthOf(trace, line));
    const mark = line.culprit ? `${MARK} ${marker}` : '';
    const duration =
      layout.labels === 'above'
        ? [mark, line.error ? '✖' : '', took].filter((part) => part !== '').join('  ')
        : [line.error ? '✖' : '', took, mark].filter((part) => part !== '').join('  ');
    const middle = y + layout.baseline;
    durations.push({
      x: layout.labels === 'above' ? length : bar.to + 6 * perPixel,
      y: middle,
      text: duration,
      align: layout.labels === 'above' ? 'right' : 'left',
      color: line.culprit || line.error ? INK.trouble : INK.text,
    });

    const indent = Math.min(line.depth, layout.deepest) * layout.indent;
    const room =
      (layout.labels === 'above' ? layout.plot - textWidth(duration, bold) : layout.gutter) - indent - layout.text;
    const head = ellipsize(service, room, bold);
    services.push({ x: left + indent * perPixel, y: middle, text: head, color });
    const times = line.members.length > 1 ? `×${formatCount(line.members.length)} ` : '';
    const more = line.hidden > 0 ? ` +${formatCount(line.hidden)}` : '';
    const taken = textWidth(head, bold) + layout.text * 0.5;
    const name = safeName(trace.table.name(line.row), 120);
    const kept = ellipsize(name, room - taken - textWidth(times + more, plain), plain);
    if (room <= taken) return;
    labels.push({ x: left + (indent + taken) * perPixel, y: middle, text: `${times}${kept}${more}`, color: INK.quiet });
  }

  function legendLines(parts: readonly string[]): void {
    // The grid ends with the lines.
    const top = y;
    y += layout.text * 0.5;
    let line = '';
    const lines: string[] = [];
    for (const part of parts) {
      const longer = line === '' ? part : `${line}  ·  ${part}`;
      if (line !== '' && textWidth(longer, plain) > layout.width) {
        lines.push(line);
        line = part;
      } else line = longer;
    }
    for (const text of [...lines, line]) {
      labels.push({ x: left, y: y + layout.text * 0.7, text, color: INK.quiet });
      y += layout.text * 1.4;
    }
    bands.push({ from: left - layout.padding.side * perPixel, to: right, y: top + 2, y2: y, color: '#ffffff' });
  }

  const result = () => ({
    datasets: { bands, bars, path, outlines, services, labels, durations },
    height: Math.ceil(y),
  });
  return { heading, strip, legend: legendLines, result };
}

/** Time during which at least one of the line's spans ran; members are in order of start. */
function lengthOf(trace: Trace, line: WaterfallRow): number {
  let covered = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const row of line.members) {
    const end = numberAt(trace.table.end, row);
    covered += Math.max(0, end - Math.max(reached, numberAt(trace.table.start, row)));
    reached = Math.max(reached, end);
  }
  return covered;
}

/**
 * The critical path as it falls on the shown lines: a folded span's share is drawn on its nearest shown ancestor, and what
 * lies closer together than `gap` is drawn in one piece.
 */
function sectionsByLine(
  { table, from, to }: Trace,
  path: readonly Section[],
  lines: readonly WaterfallRow[],
  gap: number,
): readonly (readonly { start: number; end: number }[])[] {
  const lineOf = new Int32Array(to - from).fill(-1);
  for (const [index, line] of lines.entries()) for (const row of line.members) lineOf[row - from] = index;
  for (let row = from; row < to; row += 1) {
    const parent = at(table.parent, row);
    if (at(lineOf, row - from) < 0 && parent >= 0) lineOf[row - from] = at(lineOf, parent - from);
  }
  const byLine: { start: number; end: number }[][] = lines.map(() => []);
  const inOrder = [...path].sort((a, b) => a.start - b.start || a.row - b.row);
  for (const section of inOrder) {
    const sections = byLine[at(lineOf, section.row - from)];
    if (!sections) continue;
    const before = sections.at(-1);
    if (before && section.start <= before.end + gap) before.end = Math.max(before.end, section.end);
    else sections.push({ start: section.start, end: section.end });
  }
  return byLine;
}
