import { Failure } from '../failure.ts';
import type { Picture } from '../model/message.ts';
import type { Section, Trace } from '../model/trace.ts';
import type { SpanId } from '../model/units.ts';
import { formatMicros, formatUtc } from './format.ts';
import { safeName } from './names.ts';
import { type ChartContent, paintSvg, rasterise } from './paint.ts';
import { extent } from './rows.ts';
import { wrap } from './text-width.ts';
import { CARD, FULL, type WaterfallLayout } from './waterfall-layout.ts';
import { layOut, type Strip, type WaterfallScene } from './waterfall-scene.ts';

export type WaterfallOptions = {
  /** `card`: at most 15 lines, for a phone. `full`: at most 40, for a screen. */
  readonly size: 'card' | 'full';
  /** Framed in red, each with its ancestors; the most telling first. */
  readonly culprits: readonly SpanId[];
  /** What the frame is called, `culprit` unless the verdict is softer. */
  readonly marker?: string;
  /** What the picture says, as the card's headline. */
  readonly title: string;
  /** Small line under it, usually the entry operation. Length, start (UTC) and trace id are added to it. */
  readonly subtitle: string;
  /** The verdict in words, for whoever cannot see the picture. */
  readonly alt: string;
  /** Critical path of the trace. */
  readonly path: readonly Section[];
  /** A healthy trace, drawn below on the same time scale. */
  readonly beside?: { readonly trace: Trace; readonly path: readonly Section[] };
};

/** What Slack shows without trouble (prudence, not a documented limit). */
const MOST_BYTES = 2_000_000;
const LONGEST_SIDE = 4_096;

/**
 * Draws a trace as a PNG waterfall. The result is a pure function of trace and options, on every machine: the font is
 * shipped. Vega and sharp are loaded with the first picture.
 *
 * @throws Failure `misconfigured` when a chart or the fonts are not usable
 */
export async function drawWaterfall(trace: Trace, options: WaterfallOptions): Promise<Picture> {
  const layout = options.size === 'card' ? CARD : FULL;
  const { png, width, height } = await rasterise(await paintSvg(layout.spec, compose(trace, options, layout)));
  if (png.length > MOST_BYTES || Math.max(width, height) > LONGEST_SIDE) {
    throw new Failure(
      'internal',
      `The picture came out too large (${png.length} bytes, ${width} × ${height}).`,
      'This is a bug in Causeway: please report it with the trace id.',
    );
  }
  const id = trace.traceId.slice(0, 12);
  const filename = `trace-${/^[0-9a-z]+$/i.test(id) ? id : 'unnamed'}-${options.beside ? 'compared-' : ''}${options.size}.png`;
  return { png, width, height, filename, title: safeName(options.title, 200), alt: safeName(options.alt, 1_000) };
}

/** Everything that stands in the picture, before it is painted. */
export function compose(trace: Trace, options: WaterfallOptions, layout: WaterfallLayout): ChartContent {
  const marker = options.marker ?? 'culprit';
  const scene = layOut(strips(trace, options), layout, marker);
  const title = wrap(
    safeName(options.title, 300),
    layout.width,
    { size: layout.title.size, bold: true },
    layout.title.lines,
  );
  const subtitle = wrap(
    stamp(trace, options),
    layout.width,
    { size: layout.subtitle.size, bold: false },
    layout.subtitle.lines,
  );
  return {
    datasets: scene.datasets,
    params: paramsOf(scene),
    title: { text: title, subtitle },
    width: layout.width,
    height: scene.height,
    padding: {
      left: layout.padding.side,
      right: layout.padding.side,
      bottom: layout.padding.bottom,
      top: layout.above + title.length * layout.title.line + subtitle.length * layout.subtitle.line + layout.below,
    },
  };
}

function strips(trace: Trace, options: WaterfallOptions): readonly Strip[] {
  const suspect: Strip = { trace, path: options.path, culprits: options.culprits };
  if (!options.beside) return [suspect];
  const { trace: healthy, path } = options.beside;
  const length = (of: Trace) => formatMicros(extent(of).total);
  return [
    { ...suspect, heading: `This request: ${length(trace)}` },
    { trace: healthy, path, culprits: [], heading: `A healthy one: ${length(healthy)}` },
  ];
}

function paramsOf(scene: WaterfallScene): ChartContent['params'] {
  return {
    from: scene.from,
    until: scene.until,
    bottom: scene.height,
    ticks: scene.axis.ticks,
    per: scene.axis.per,
    unit: scene.axis.unit,
  };
}

/** `POST /checkout · 3.2 s · 2026-11-22 03:09:41.120 UTC · trace 4bf92f3577b3` */
function stamp(trace: Trace, options: WaterfallOptions): string {
  const { start, total } = extent(trace);
  return [
    ...(options.subtitle === '' ? [] : [safeName(options.subtitle, 80)]),
    formatMicros(total),
    formatUtc(trace.table.epoch + start, 'millisecond'),
    `trace\u00a0${safeName(trace.traceId, 12).replace('…', '')}`,
  ].join(' · ');
}
