import fc from 'fast-check';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import { blocksSchema } from '../../../src/playground/block-kit/blocks.ts';
import { type Drawing, drawBlocks } from '../../../src/playground/page/blocks.ts';
import { drawMrkdwn } from '../../../src/playground/page/mrkdwn.ts';
import { drawDate } from '../../../src/playground/page/text-parts.ts';
import { escapeText } from '../../../src/playground/socket/speech.ts';

const names = { person: (id: string) => `person ${id}`, channel: (id: string) => `channel ${id}` };
const drawing: Drawing = {
  names,
  fileAddress: ({ id }) => (id === 'F0000000001' ? '/playground/files/F0000000001/a.png' : undefined),
  elementId: (block, action) => `press/1/${block}/${action}`,
};
const words = (html: string) =>
  html
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#x27;', "'")
    .replaceAll('&amp;', '&');
const drawText = (text: string) => renderToStaticMarkup(drawMrkdwn(text, names));
const draw = (blocks: unknown) => renderToStaticMarkup(drawBlocks(blocksSchema.parse(blocks), drawing));

const HOSTILE = [
  '<div>',
  '# heading',
  '| a | b',
  '*** x',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '    four spaces',
  '~~~',
  '[x]: http://a',
  '![a](http://x)',
  '<@U1>',
  '<!channel>',
  '&lt;b&gt;',
  '*a* _b_ `c`',
];

describe('mark-up', () => {
  test.each([
    [
      '*bold* and _italic_, ~gone~ and `code`',
      '<strong>bold</strong> and <em>italic</em>, <s>gone</s> and <code>code</code>',
    ],
    ['snake_case_name, 2 * 3 * 4 and a*b*c', 'snake_case_name, 2 * 3 * 4 and a*b*c'],
    ['`a *b* &lt;c&gt;`', '<code>a *b* &lt;c&gt;</code>'],
    ['*a _b_*', '<strong>a <em>b</em></strong>'],
    ['<@U1> in <#C1|x>', '<span class="mention">@person U1</span> in <span class="mention">#channel C1</span>'],
    [':warning: :unknown:', '⚠️ :unknown:'],
    ['```\na &amp; b\n```', '<pre>a &amp; b\n</pre>'],
    ['&gt; quoted\nnot', '<blockquote>quoted</blockquote>not'],
  ])('%s', (text, html) => {
    expect(drawText(text)).toBe(`<div class="text">${html}</div>`);
  });

  test('an address is followed only when it is one of the web or of mail', () => {
    expect(drawText('<https://a.b/?c=1&amp;d|span>')).toContain('href="https://a.b/?c=1&amp;d" target="_blank"');
    expect(drawText('<javascript:alert(1)|click>')).toBe('<div class="text">click</div>');
    expect(drawText('<data:text/html,x>')).not.toContain('href');
  });

  test('a date is said in UTC until the page’s script knows better', () => {
    expect(drawText('<!date^1773327463^{time}|14:57 UTC>')).toContain(
      '<time dateTime="2026-03-12T14:57:43.000Z" data-format="{time}" title="2026-03-12T14:57:43.000Z">14:57 UTC</time>',
    );
    expect(renderToStaticMarkup(drawDate('no number', '{time}', 'then'))).toBe('then');
  });

  test('whatever somebody says is there to be read, and nothing of it becomes an element', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(...HOSTILE)), { maxLength: 6 }), (parts) => {
        const said = parts.join('\n');
        const html = drawText(escapeText(said));
        expect(html.match(/<(?!\/?(div|strong|em|s|code|pre|blockquote|a|span)\b)/)).toBeNull();
        // Signs of mark-up may go, letters and brackets may not.
        const essence = (text: string) => text.replace(/[*_~`>\s]|:[a-z0-9_+-]+:/g, '');
        if (!/:[a-z0-9_+-]+:/.test(said))
          expect(essence(words(html)).replace(/[^\w<]/g, '')).toBe(essence(said).replace(/[^\w<]/g, ''));
      }),
    );
  });
});

describe('blocks', () => {
  test.each(HOSTILE)('plain text stays as it is, everywhere: %s', (text) => {
    const plain = { type: 'plain_text', text };
    const places: readonly unknown[] = [
      { type: 'header', text: plain },
      { type: 'section', text: plain },
      { type: 'section', fields: [plain] },
      { type: 'context', elements: [plain] },
      { type: 'actions', elements: [{ type: 'button', action_id: 'a', text: plain }] },
      { type: 'table', rows: [[{ type: 'raw_text', text }]] },
    ];
    for (const place of places) {
      const html = draw([place]);
      expect(words(html)).toBe(text);
      expect(html).not.toMatch(/<(script|img|b)\b/);
    }
  });

  test('a verbatim text, as the bot sends it, is drawn like any other', () => {
    const text = { type: 'mrkdwn', text: '*Cause:* `auth`', verbatim: true };
    const html = draw([
      { type: 'section', text },
      { type: 'context', elements: [text] },
    ]);
    expect(html.match(/<strong>Cause:<\/strong> <code>auth<\/code>/g)).toHaveLength(2);
    expect(words(html)).not.toContain('@T');
  });

  test('a picture of the workspace is shown from here, with its alt text', () => {
    const html = draw([{ type: 'image', slack_file: { id: 'F0000000001' }, alt_text: 'a "waterfall"' }]);
    expect(html).toContain('src="/playground/files/F0000000001/a.png" alt="a &quot;waterfall&quot;"');
    expect(draw([{ type: 'image', slack_file: { id: 'F0000000002' }, alt_text: 'lost' }])).toContain(
      'no longer kept: lost',
    );
  });

  test('buttons bear the name that the page’s script reads', () => {
    const button = { type: 'button', action_id: 'compare', text: { type: 'plain_text', text: 'Go' } };
    expect(draw([{ type: 'actions', block_id: 'b', elements: [button] }])).toContain('id="press/1/b/compare"');
    const section = { type: 'section', block_id: 's', text: { type: 'plain_text', text: 'x' }, accessory: button };
    expect(draw([section])).toContain('id="press/1/s/compare"');
  });
});
