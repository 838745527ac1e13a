import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Failure } from '../../failure.ts';
import type { Exchange } from '../../http.ts';

/**
 * Nothing comes from anywhere else: no foreign script, no frame, no form to elsewhere. Style attributes are the block
 * library's.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SAFE_HEADERS = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' } as const;

/** In the order in which they are read: what is narrow comes last and wins. */
export const STYLE_SHEETS = [
  'page.css',
  'sidebar.css',
  'message.css',
  'library.css',
  'composer.css',
  'narrow.css',
] as const;
const OWN = [...STYLE_SHEETS, 'page.js', 'composer.js', 'dates.js', 'lists.js', 'post.js', 'icon.svg'] as const;

function typeOf(name: string): string {
  if (name.endsWith('.css')) return 'text/css; charset=utf-8';
  return name.endsWith('.js') ? 'text/javascript; charset=utf-8' : 'image/svg+xml';
}

type Asset = { readonly type: string; readonly bytes: Buffer };

/** The style sheets, the scripts and the icon of the page, read once. */
export function readAssets(): ReadonlyMap<string, Asset> {
  const own = (name: string) => readFileSync(new URL(name, import.meta.url));
  const require = createRequire(import.meta.url);
  // The library's rules hang on an element id that every message would bear: served as rules of its class instead, in a
  // layer and without `!important`, so that any rule of the page's own wins.
  const blocks = readFileSync(require.resolve('slack-blocks-to-jsx/dist/style.css'), 'utf8');
  return new Map<string, Asset>([
    ...OWN.map((name): [string, Asset] => [name, { type: typeOf(name), bytes: own(name) }]),
    [
      'blocks.css',
      {
        type: 'text/css; charset=utf-8',
        bytes: Buffer.from(
          `@layer blocks {${blocks.replaceAll('#slack_blocks_to_jsx', '.slack_blocks_to_jsx').replaceAll('!important', '')}}`,
        ),
      },
    ],
  ]);
}

export function sendAsset({ response, params }: Exchange, assets: ReadonlyMap<string, Asset>): void {
  const asset = assets.get(params.name ?? '');
  if (asset === undefined) throw new Failure('not-found', 'There is no such file.', 'Reload the page.');
  response.writeHead(200, {
    'content-type': asset.type,
    'content-length': asset.bytes.length,
    'cache-control': 'no-cache',
    ...SAFE_HEADERS,
  });
  response.end(asset.bytes);
}

export function sendPage({ response }: Exchange, html: string): void {
  const bytes = Buffer.from(html);
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': bytes.length,
    'content-security-policy': PAGE_POLICY,
    'cache-control': 'no-store',
    ...SAFE_HEADERS,
  });
  response.end(bytes);
}

/** What somebody uploaded: shown when it is a picture, else offered for keeping, and never run. */
export function sendFile({ response }: Exchange, content: Uint8Array, mimetype: string, name: string): void {
  const isPicture = mimetype.startsWith('image/');
  const disposition = isPicture ? 'inline' : 'attachment';
  response.writeHead(200, {
    'content-type': isPicture ? mimetype : 'application/octet-stream',
    'content-length': content.length,
    'content-disposition': `${disposition}; filename*=UTF-8''${encodeURIComponent(name)}`,
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'private, max-age=3600',
    ...SAFE_HEADERS,
  });
  response.end(content);
}
