import { readFile } from 'node:fs/promises';
import type { TopLevelSpec } from 'vega-lite';
import { Failure } from '../failure.ts';
import { FONT, installFonts } from './fonts.ts';

/** A chart without its numbers: `templates/charts/<name>`. */
export type Chart = Readonly<Record<string, unknown>> & {
  readonly datasets: Readonly<Record<string, unknown>>;
  readonly params: readonly { readonly name: string }[];
};

/** What takes the place of a chart's samples. */
export type ChartContent = {
  readonly datasets: Readonly<Record<string, readonly unknown[]>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly title: { readonly text: readonly string[]; readonly subtitle: readonly string[] };
  readonly width: number;
  readonly height: number;
  readonly padding: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
};

const CHARTS = new URL('../../templates/charts/', import.meta.url);

/** The chart as SVG. Vega is loaded with the first one. */
export async function paintSvg(name: string, content: ChartContent): Promise<string> {
  const [vega, { compile }, chart] = await Promise.all([import('vega'), import('vega-lite'), readChart(name)]);
  const spec = compile(fill(chart, name, content)).spec;
  const view = new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** The SVG as PNG at twice the density, so that it stays sharp on a phone; letters are ours, whatever the machine has. */
export async function rasterise(
  svg: string,
): Promise<{ readonly png: Uint8Array; readonly width: number; readonly height: number }> {
  installFonts();
  const { default: sharp } = await import('sharp');
  const { data, info } = await sharp(Buffer.from(svg), { density: 144 })
    // A palette would halve the bytes and take four times as long; bytes are cheap at this size.
    .png({ compressionLevel: 6 })
    .toBuffer({ resolveWithObject: true });
  return { png: data, width: info.width, height: info.height };
}

/** The chart with our numbers in the place of its samples. What we bring and what it names must be the same. */
function fill(chart: Chart, name: string, content: ChartContent): TopLevelSpec {
  const known = [...Object.keys(chart.datasets), ...chart.params.map((param) => param.name)].sort();
  const brought = [...Object.keys(content.datasets), ...Object.keys(content.params)].sort();
  if (known.join() !== brought.join()) {
    throw new Failure(
      'misconfigured',
      `The chart ${name} names ${known.join(', ')}, but gets ${brought.join(', ')}.`,
      'Take the chart from the same version of Causeway.',
    );
  }
  const title = typeof chart.title === 'object' ? chart.title : {};
  const filled = {
    ...chart,
    datasets: content.datasets,
    params: chart.params.map((param) => ({ ...param, value: content.params[param.name] })),
    title: { ...title, text: content.title.text, subtitle: content.title.subtitle },
    width: content.width,
    height: content.height,
    padding: content.padding,
  };
  // Through JSON, because the compiler may keep and change what it gets.
  const spec: TopLevelSpec = JSON.parse(JSON.stringify(filled));
  return spec;
}

async function readChart(name: string): Promise<Chart> {
  const file = new URL(name, CHARTS);
  const hint = 'Take it from the same version of Causeway; it must open in the Vega editor as it is.';
  let chart: Chart;
  try {
    chart = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new Failure('misconfigured', `The chart ${file.pathname} cannot be read.`, hint, { cause });
  }
  if (!Array.isArray(chart?.params) || typeof chart.datasets !== 'object' || !JSON.stringify(chart).includes(FONT)) {
    throw new Failure('misconfigured', `The chart ${file.pathname} lacks params, datasets or the font ${FONT}.`, hint);
  }
  return chart;
}
