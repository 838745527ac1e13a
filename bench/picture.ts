/**
 * A picture of a trace, ours beside a screenshot of the same lines as HTML by a headless Chromium, in one run:
 * `npx node bench/picture.ts [repetitions]`.
 *
 * The browser gets exactly the lines that our picture shows, at the same size and density, so that only the drawing is
 * compared. "First" is what the first incident after a start pays: loading Vega and sharp, or starting the browser.
 */
import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { type Browser, chromium } from 'playwright-core';
import type { SpanRecord } from '../src/model/span.ts';
import type { Trace } from '../src/model/trace.ts';
import { at, numberAt } from '../src/model/units.ts';
import { formatMicros } from '../src/render/format.ts';
import { chooseRows, extent } from '../src/render/rows.ts';
import { drawWaterfall, type WaterfallOptions } from '../src/render/waterfall.ts';
import { CARD, FULL, type WaterfallLayout } from '../src/render/waterfall-layout.ts';
import { buildTable, traceAt } from '../src/trace/build.ts';
import { criticalPath } from '../src/trace/critical-path.ts';

const repetitions = Number(process.argv[2] ?? 11);
const EPOCH = 1_800_000_000_000_000;
const SIZES = [
  { size: 'card', layout: CARD },
  { size: 'full', layout: FULL },
] as const satisfies readonly { size: WaterfallOptions['size']; layout: WaterfallLayout }[];

type Shot = { readonly ms: number; readonly bytes: number };

const trace = request(400);
const culprit = trace.table.spanId(trace.to - 1);
const path = criticalPath(trace.table, trace.ordinal);

console.log(`One trace of ${trace.to - trace.from} spans, ${repetitions} pictures of each kind, 2x density\n`);
console.log('| | lines | first ms | median ms | kB |\n|---|---|---|---|---|');
for (const { size, layout } of SIZES) {
  const lines = chooseRows(trace, { limit: layout.rows, culprits: [culprit], path }).rows.length;
  await report(`Causeway, ${size}`, lines, 0, ours(size));
}
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((each) => existsSync(each));
if (executablePath === undefined) {
  console.log('| headless Chromium | not on this machine | | | |');
} else {
  const started = performance.now();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const launch = performance.now() - started;
  for (const [index, { size, layout }] of SIZES.entries()) {
    const lines = chooseRows(trace, { limit: layout.rows, culprits: [culprit], path }).rows.length;
    await report(`headless Chromium, ${size}`, lines, index === 0 ? launch : 0, screenshot(browser, layout));
  }
  await browser.close();
}
console.log(
  `\nPeak memory of this process: ${Math.round(process.resourceUsage().maxRSS / 1_024)} MB (without the browser's own)`,
);

async function report(name: string, lines: number, before: number, draw: () => Promise<Shot>): Promise<void> {
  const first = await draw();
  const shots: Shot[] = [];
  for (let turn = 0; turn < repetitions; turn += 1) shots.push(await draw());
  const median = shots.map((shot) => shot.ms).sort((a, b) => a - b)[repetitions >> 1] ?? Number.NaN;
  const figures = [lines, Math.round(before + first.ms), Math.round(median), Math.round(first.bytes / 1_000)];
  console.log(`| ${name} | ${figures.join(' | ')} |`);
}

function ours(size: WaterfallOptions['size']): () => Promise<Shot> {
  return async () => {
    const started = performance.now();
    const words = { title: 'auth became slow itself.', subtitle: 'POST /checkout', alt: 'auth became slow itself.' };
    const { png } = await drawWaterfall(trace, { size, culprits: [culprit], path, ...words });
    return { ms: performance.now() - started, bytes: png.length };
  };
}

function screenshot(browser: Browser, layout: WaterfallLayout): () => Promise<Shot> {
  return async () => {
    const started = performance.now();
    const page = await browser.newPage({
      deviceScaleFactor: 2,
      viewport: { width: layout.width + 2 * layout.padding.side, height: 400 },
    });
    await page.setContent(html(trace, layout));
    const png = await page.screenshot({ fullPage: true });
    await page.close();
    return { ms: performance.now() - started, bytes: png.length };
  };
}

function html(of: Trace, layout: WaterfallLayout): string {
  const { start, total } = extent(of);
  const rows = chooseRows(of, { limit: layout.rows, culprits: [culprit], path }).rows.map((line) => {
    const from = numberAt(of.table.start, line.row);
    const length = numberAt(of.table.end, line.row) - from;
    const left = layout.gutter + ((from - start) / total) * layout.plot;
    const width = Math.max(layout.thinnest, (length / total) * layout.plot);
    const text = `<b>${of.table.text(at(of.table.service, line.row))}</b> ${of.table.name(line.row)}`;
    const bar = `<i style="left:${left}px;width:${width}px;top:${layout.bar.from}px;height:${layout.bar.to - layout.bar.from}px"></i>`;
    return `<div style="height:${layout.row}px"><span>${text}</span><em>${formatMicros(length)}</em>${bar}</div>`;
  });
  return `<!doctype html><style>body{margin:16px;font:${layout.text}px DejaVu Sans Condensed}div{position:relative}
    i{position:absolute;background:#0072b2;border-radius:2px}em{position:absolute;right:0;font-weight:bold}</style>
    <h3>auth became slow itself.</h3>${rows.join('')}`;
}

/** A name of letters only: numbers in names are taken for ids, and like calls would share a line. */
function word(index: number): string {
  return String.fromCharCode(97 + (index % 26), 97 + (Math.floor(index / 26) % 26));
}

/** A checkout that passes twelve services, with repeated queries, of which the last call is slow. */
function request(spans: number): Trace {
  const records = Array.from({ length: spans }, (_, index): SpanRecord => {
    const level = index === 0 ? 0 : 1 + (index % 6);
    const parent = index === 0 ? undefined : level === 1 ? 0 : index - 1;
    const start = EPOCH + index * 2_000 + level * 50;
    const last = index === spans - 1;
    return {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: (index + 1).toString(16).padStart(16, '0'),
      ...(parent === undefined ? {} : { parentSpanId: (parent + 1).toString(16).padStart(16, '0') }),
      service: index === 0 ? 'gateway' : `service-${(index >> 2) % 12}`,
      name: index === 0 ? 'POST /checkout' : index % 5 === 0 ? 'SELECT item' : `load ${word(index)}`,
      kind: 'internal',
      start,
      end: index === 0 ? EPOCH + spans * 2_000 + 320_000 : start + (last ? 300_000 : 24_000 - level * 2_500),
      status: index % 9 === 8 ? 'error' : 'unset',
      attributes: {},
      resource: {},
      events: [],
      links: [],
    };
  });
  return traceAt(buildTable(records), 0);
}
