import { readFile } from 'node:fs/promises';
import type { TopLevelSpec } from 'vega-lite';
import { Failure } from '../failure.ts';
import { FONT, useOwnFonts } from './fonts.ts';

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

/** Draws charts; slow parts are loaded with the first picture. */
export type Painter = {
  svg(chart: string, content: ChartContent): Promise<string>;
  /** At twice the density, so that it stays sharp on a phone. */
  png(svg: string): Promise<{ readonly png: Uint8Array; readonly width: number; readonly height: number }>;
};

/** @param folder where the specs are, usually `templates/charts` */
export function createPainter(folder: URL): Painter {
  const charts = new Map<string, Promise<Chart>>();
  const engine = once(async () => {
    const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
    return { vega, compile: vegaLite.compile };
  });
  const raster = once(async () => {
    useOwnFonts();
    return (await import('sharp')).default;
  });

  return {
    async svg(name, content) {
      const chart = charts.get(name) ?? readChart(new URL(name, `${folder.href.replace(/\/?$/, '/')}`));
      charts.set(name, chart);
      const { vega, compile } = await engine();
      const spec = compile(fill(await chart, name, content)).spec;
      const view = new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Error });
      try {
        return await view.toSVG();
      } finally {
        view.finalize();
      }
    },
    async png(svg) {
      const sharp = await raster();
      const { data, info } = await sharp(Buffer.from(svg), { density: 144 })
        .png({ compressionLevel: 9, palette: true, quality: 90, effort: 4 })
        .toBuffer({ resolveWithObject: true });
      return { png: data, width: info.width, height: info.height };
    },
  };
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

async function readChart(file: URL): Promise<Chart> {
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

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
