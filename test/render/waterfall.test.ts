import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import sharp from 'sharp';
import { compile } from 'vega-lite';
import { describe, expect, test } from 'vitest';
import type { Trace } from '../../src/model/trace.ts';
import { paintSvg } from '../../src/render/paint.ts';
import { textWidth } from '../../src/render/text-width.ts';
import { compose, drawWaterfall, type WaterfallOptions } from '../../src/render/waterfall.ts';
import { CARD, FULL } from '../../src/render/waterfall-layout.ts';
import { criticalPath } from '../../src/trace/critical-path.ts';
import { drawTable } from '../draw.ts';
import { arbitraryTrace } from './arbitrary-trace.ts';

const DRAWN = drawTable(`
gateway  POST /checkout  server  0..3210  !"503"
  gateway  POST  client  5..1010  !
    auth  POST /verify  server  10..2900  #slow
  gateway  POST  client  1060..2070  !
    auth  POST /verify  server  1075..3900
  gateway  POST  client  2150..3200
    orders  GET /stock  server  2165..2200
    orders  SELECT  client  2201..2204
    orders  SELECT  client  2204..2207
    orders  SELECT  client  2207..2210
`);
const HEALTHY = drawTable('gateway  POST /checkout  server  0..60\n  auth  POST /verify  server  10..45');

function options(trace: Trace, more: Partial<WaterfallOptions> = {}): WaterfallOptions {
  return {
    size: 'card',
    culprits: [DRAWN.idOf('slow')],
    title: 'auth does not answer before its callers give up.',
    subtitle: 'POST /checkout',
    alt: 'Cause: auth does not answer before its callers give up.',
    path: criticalPath(trace.table, trace.ordinal),
    ...more,
  };
}
const beside = { trace: HEALTHY.trace, path: criticalPath(HEALTHY.table, 0) };
const fingerprint = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

describe('a waterfall', () => {
  test.each([
    ['card', options(DRAWN.trace)],
    ['full', options(DRAWN.trace, { size: 'full' })],
    ['pair', options(DRAWN.trace, { size: 'full', beside })],
  ])('%s is drawn as before', async (name, how) => {
    const layout = how.size === 'card' ? CARD : FULL;
    const content = compose(DRAWN.trace, how, layout);
    const svg = await paintSvg(layout.spec, content);
    expect(await paintSvg(layout.spec, content)).toBe(svg);
    const words = Object.entries(content.datasets).flatMap(([set, marks]) =>
      marks.flatMap((mark) => {
        const text: unknown = typeof mark === 'object' && mark !== null && 'text' in mark ? mark.text : undefined;
        return typeof text === 'string' ? [`${set}: ${text}`] : [];
      }),
    );
    const golden = [
      content.title.text.join(' / '),
      content.title.subtitle.join(' / '),
      ...words,
      `svg ${fingerprint(svg)}`,
    ];
    await expect(`${golden.join('\n')}\n`).toMatchFileSnapshot(`../golden/waterfalls/${name}.txt`);
  });

  test('is a PNG of a size that a chat takes, named and described', async () => {
    const picture = await drawWaterfall(DRAWN.trace, options(DRAWN.trace));
    const { format, width, height } = await sharp(picture.png).metadata();
    expect({ format, width, height }).toEqual({ format: 'png', width: picture.width, height: picture.height });
    expect(width).toBe(1_280);
    expect(picture.png.length).toBeLessThan(300_000);
    expect(picture).toMatchObject({
      filename: 'trace-000000000000-card.png',
      alt: 'Cause: auth does not answer before its callers give up.',
    });
  });

  test('marks the culprit in red, errors with a cross, and what was waited for in black', () => {
    const { datasets } = compose(DRAWN.trace, options(DRAWN.trace), CARD);
    expect(datasets.outlines).toHaveLength(1);
    expect(JSON.stringify(datasets.durations)).toContain('◀ culprit  2.9 s');
    expect(JSON.stringify(datasets.durations)).toContain('✖  3.2 s');
    expect(JSON.stringify(datasets.labels)).toContain('×3 SELECT');
    expect(datasets.path?.length).toBeGreaterThan(2);
  });

  test('draws both traces of a pair on one time scale', () => {
    const { datasets } = compose(DRAWN.trace, options(DRAWN.trace, { size: 'full', beside }), FULL);
    const services = JSON.stringify(datasets.services);
    expect(services).toContain('This request: 3.9 s');
    expect(services).toContain('A healthy one: 60 ms');
    const bars = datasets.bars as readonly { from: number; to: number; color: string }[];
    const healthy = bars.at(-2);
    expect(healthy).toMatchObject({ from: 0, to: 60_000 });
    expect(healthy?.color).toBe(bars[0]?.color);
  });

  test.each([
    ['one span of no length', 'a  x  5..5'],
    ['hostile names', `a  ${'<script>&"\\u0000'.repeat(40)}  0..5\n  ${'b'.repeat(300)}  ${'long '.repeat(90)}  1..2`],
    ['letters that the font lacks', 'サービス  注文 😀  0..5'],
    ['a negative duration', 'a  x  20..5\n  b  y  6..7'],
  ])('stands %s', async (_, drawing) => {
    const { trace } = drawTable(drawing);
    for (const size of ['card', 'full'] as const) {
      const picture = await drawWaterfall(trace, options(trace, { size, culprits: [trace.table.spanId(trace.from)] }));
      expect(picture.height).toBeGreaterThan(200);
    }
  });

  test('keeps every bar and every label inside the picture, whatever the trace', () => {
    fc.assert(
      fc.property(arbitraryTrace, fc.constantFrom(CARD, FULL), (trace, layout) => {
        const { datasets, params, height } = compose(trace, options(trace), layout);
        const [from, until] = [Number(params.from), Number(params.until)];
        const perPixel = (until - from) / layout.width;
        for (const bar of datasets.bars as readonly { from: number; to: number; y2: number }[]) {
          expect(bar.from).toBeGreaterThanOrEqual(0);
          expect(bar.to).toBeLessThanOrEqual(until + 4 * perPixel);
          expect(bar.y2).toBeLessThanOrEqual(height);
        }
        for (const [set, bold] of [
          ['services', true],
          ['labels', false],
        ] as const) {
          for (const label of datasets[set] as readonly { x: number; y: number; text: string }[]) {
            expect(label.x + textWidth(label.text, { size: layout.text, bold }) * perPixel).toBeLessThanOrEqual(
              until + perPixel,
            );
            expect(label.y).toBeLessThanOrEqual(height);
          }
        }
      }),
    );
  });

  test.each([
    'waterfall-card.vl.json',
    'waterfall-full.vl.json',
  ])('%s compiles as it is, with its samples', async (name) => {
    const text = await readFile(new URL(`../../templates/charts/${name}`, import.meta.url), 'utf8');
    const warnings: string[] = [];
    const note = (...said: readonly unknown[]) => void warnings.push(said.join(' '));
    const log = { warn: note, info: () => log, debug: () => log, error: note, level: () => log };
    compile(JSON.parse(text), { logger: log as never });
    expect(warnings).toEqual([]);
    const { datasets } = JSON.parse(text);
    for (const rows of Object.values<readonly unknown[]>(datasets)) expect(rows.length).toBeGreaterThan(0);
  });
});

/** Draws in a process of its own whose machine has no fonts; prints a fingerprint of the pixels. */
function drawElsewhere(fontless: boolean): string {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-fontless-'));
  try {
    const empty = join(folder, 'fonts.conf');
    writeFileSync(empty, `<?xml version="1.0"?><fontconfig><cachedir>${folder}/cache</cachedir></fontconfig>`);
    const environment = fontless
      ? {
          FONTCONFIG_FILE: empty,
          FONTCONFIG_PATH: folder,
          HOME: folder,
          XDG_DATA_HOME: folder,
          XDG_CONFIG_HOME: folder,
        }
      : { HOME: process.env.HOME ?? '/' };
    const child = fileURLToPath(new URL('./draw-child.ts', import.meta.url));
    return execFileSync(process.execPath, [child], {
      env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, ...environment },
      encoding: 'utf8',
    }).trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('on a machine without fonts', () => {
  test('the picture is the same, pixel for pixel', () => {
    const usual = drawElsewhere(false);
    expect(usual).toMatch(/^[0-9a-f]{64} ours$/);
    expect(drawElsewhere(true)).toBe(usual);
  });
});
