import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Button, Line, Message, Part, Piece } from '../../src/model/message.ts';
import { draw } from '../../src/slack/blocks.ts';
import { LIMITS } from '../../src/slack/limits.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Every string that Slack will show, with where it stands. */
function texts(value: Json, path: readonly string[] = []): { readonly path: string; readonly text: string }[] {
  if (typeof value === 'string') return [{ path: path.join('.'), text: value }];
  if (Array.isArray(value)) return value.flatMap((one, index) => texts(one, [...path, String(index)]));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, one]) => texts(one, [...path, key]));
}

const blocksOf = (message: Message) => JSON.parse(JSON.stringify(draw(message).blocks));
const said = (...parts: Part[]): Message => ({ summary: 'A summary.', parts });
const line = (...pieces: Piece[]): Line => pieces;

describe('draw', () => {
  test('a card', () => {
    expect(
      blocksOf(
        said(
          { kind: 'headline', line: ['Cause: ', { bold: 'auth' }, ' times out'] },
          {
            kind: 'text',
            lines: [line('31 of 40 since ', { time: 1_700_000_000_000_000, style: 'time' }), line('ongoing')],
          },
          {
            kind: 'list',
            items: [
              line({ code: 'POST /token' }, ' took 2 s'),
              line({ link: 'https://j.example/trace/1', text: 'span' }),
            ],
          },
          { kind: 'picture', file: { id: 'F0123ABCD' }, alt: 'A waterfall.' },
          { kind: 'note', line: ['checked ', { time: 1_700_000_000_000_000, style: 'date-time' }] },
          { kind: 'buttons', buttons: [{ action: 'compare', label: 'Compare', value: 'i1', style: 'primary' }] },
        ),
      ),
    ).toEqual([
      { type: 'header', text: { type: 'plain_text', text: 'Cause: auth times out' } },
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          verbatim: true,
          text: '31 of 40 since <!date^1700000000^{time_secs}|22:13:20 UTC>\nongoing',
        },
      },
      {
        type: 'section',
        text: { type: 'mrkdwn', verbatim: true, text: '• `POST /token` took 2 s\n• <https://j.example/trace/1|span>' },
      },
      { type: 'image', slack_file: { id: 'F0123ABCD' }, alt_text: 'A waterfall.' },
      {
        type: 'context',
        elements: [
          {
            type: 'mrkdwn',
            verbatim: true,
            text: 'checked <!date^1700000000^{date_short} {time}|2023-11-14 22:13 UTC>',
          },
        ],
      },
      {
        type: 'actions',
        elements: [
          {
            type: 'button',
            action_id: 'compare',
            text: { type: 'plain_text', text: 'Compare' },
            value: 'i1',
            style: 'primary',
          },
        ],
      },
    ]);
  });

  test('a headline with a link is a section in bold', () => {
    const [block] = blocksOf(
      said({ kind: 'headline', line: ['Cause in ', { link: 'https://a.example/', text: 'auth' }] }),
    );
    expect(block.text.text).toBe('*Cause in* <https://a.example/|auth>');
  });

  test('data is not mark-up', () => {
    const hostile = '<!channel> & <@U1> `x` <https://evil.example|here> \u202e';
    const [section] = blocksOf(
      said({
        kind: 'text',
        lines: [line(hostile, { bold: 'a*b' }, ' ', { code: '`rm`' }, { link: 'javascript:alert(1)', text: 'no' })],
      }),
    );
    expect(section.text.text).toBe(
      '&lt;!channel&gt; &amp; &lt;@U1&gt; ˋxˋ &lt;https://evil.example|here&gt;  *a∗b* `ˋrmˋ`no',
    );
  });

  test.each([
    ['*boom* and _so_ on', '∗boom* and ˍso_ on'],
    ['__init__ of ~home~', 'ˍˍinit__ of ∼home~'],
    ['snake_case_name /api/* a * b ~5 ms', 'snake_case_name /api/* a * b ~5 ms'],
  ])('%s is not formatted', (text, shown) => {
    const [section] = blocksOf(said({ kind: 'text', lines: [line(text)] }));
    expect(section.text.text).toBe(shown);
  });

  test('a link keeps to itself', () => {
    const [section] = blocksOf(
      said({ kind: 'text', lines: [line({ link: 'https://a.example/?q=|<b>&c', text: 'x|y>' })] }),
    );
    expect(section.text.text).toBe('<https://a.example/?q=%7C%3Cb%3E&amp;c|x¦y&gt;>');
  });

  test.each([
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    253_402_300_800_000_000,
  ])('a time of %s is said to be unknown', (time) => {
    const [section] = blocksOf(said({ kind: 'text', lines: [line({ time, style: 'time' })] }));
    expect(section.text.text).toBe('an unknown time');
  });

  test('the first table is a table, the second is lines', () => {
    const table: Part = { kind: 'table', header: ['Service', 'Share'], rows: [['auth', '']] };
    expect(blocksOf(said(table, table))).toEqual([
      {
        type: 'table',
        rows: [
          [
            { type: 'raw_text', text: 'Service' },
            { type: 'raw_text', text: 'Share' },
          ],
          [
            { type: 'raw_text', text: 'auth' },
            { type: 'raw_text', text: '–' },
          ],
        ],
      },
      { type: 'section', text: { type: 'mrkdwn', verbatim: true, text: '*Service · Share*\nauth · –' } },
    ]);
  });

  test('buttons that share a name are told apart', () => {
    const ask = (label: string): Button => ({ action: 'ask', label, value: label });
    const [block] = blocksOf(said({ kind: 'buttons', buttons: [ask('Why?'), ask('Who?')] }));
    const ids: string[] = block.elements.map((element: { action_id: string }) => element.action_id);
    expect(ids).toEqual(['ask', 'ask#2']);
  });

  test('a button that could not keep its promise is left out', () => {
    const buttons: Button[] = [
      { action: 'a', label: 'bad address', url: 'javascript:1' },
      { action: 'b', label: 'value too long', value: 'x'.repeat(LIMITS.buttonValue + 1) },
    ];
    expect(blocksOf(said({ kind: 'buttons', buttons }))).toEqual([]);
  });

  test('what is too long keeps its picture and buttons and says that it was cut', () => {
    const blocks = blocksOf(
      said(
        { kind: 'text', lines: Array.from({ length: 400 }, (_, index) => line(`${index} ${'word '.repeat(40)}`)) },
        { kind: 'picture', file: { id: 'F0123ABCD' }, alt: 'A waterfall.' },
        { kind: 'buttons', buttons: [{ action: 'compare', label: 'Compare' }] },
      ),
    );
    expect(blocks.map((block: { type: string }) => block.type)).toEqual([
      ...Array(blocks.length - 3).fill('section'),
      'image',
      'actions',
      'context',
    ]);
    expect(JSON.stringify(blocks.at(-1))).toContain('Shortened');
  });

  test('what fits is never called shortened', () => {
    const blocks = blocksOf(said({ kind: 'text', lines: [line(), line('a'), line(), line('b'.repeat(2_999))] }));
    expect(JSON.stringify(blocks)).not.toContain('Shortened');
  });

  test('an empty message still has a text', () => {
    expect(draw({ summary: ' ', parts: [] })).toEqual({ text: 'A message from Causeway', blocks: [] });
  });
});

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.constantFrom(
    '<!channel>',
    '<!here|x>',
    '<@U123>',
    '&amp;',
    '&',
    '`',
    '```',
    '*',
    '_x_',
    '\u202ertl',
    'שלום',
    '\u200b',
    '\ud83d',
    '👩‍👩‍👧',
    '\n> quote',
    '|',
    '',
  ),
  fc
    .tuple(fc.constantFrom('&', '<', '👩‍👩‍👧', 'é', '*'), fc.integer({ min: 1, max: 5_000 }))
    .map(([text, times]) => text.repeat(times)),
);
const piece: fc.Arbitrary<Piece> = fc.oneof(
  nasty,
  nasty.map((bold) => ({ bold })),
  nasty.map((code) => ({ code })),
  fc.record({ link: fc.oneof(fc.webUrl({ withQueryParameters: true }), nasty), text: nasty }),
  fc.record({
    time: fc.oneof(fc.integer(), fc.double()),
    style: fc.constantFrom('time' as const, 'date-time' as const),
  }),
);
const anyLine = fc.array(piece, { maxLength: 6 });
const anyButton: fc.Arbitrary<Button> = fc.record(
  {
    action: fc.oneof(nasty, fc.constantFrom('ask', 'compare')),
    label: nasty,
    value: nasty,
    style: fc.constantFrom('primary' as const, 'danger' as const),
    url: fc.oneof(fc.webUrl(), nasty),
  },
  { requiredKeys: ['action', 'label'] },
);
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ kind: fc.constant('headline' as const), line: anyLine }),
  fc.record({ kind: fc.constant('text' as const), lines: fc.array(anyLine, { maxLength: 8 }) }),
  fc.record({ kind: fc.constant('list' as const), items: fc.array(anyLine, { maxLength: 8 }) }),
  fc.record({ kind: fc.constant('note' as const), line: anyLine }),
  fc.record({ kind: fc.constant('picture' as const), file: fc.constant({ id: 'F0123ABCD' }), alt: nasty }),
  fc.record({
    kind: fc.constant('table' as const),
    header: fc.array(nasty, { maxLength: 25 }),
    rows: fc.array(fc.array(nasty, { maxLength: 25 }), { maxLength: 8 }),
  }),
  fc.record({ kind: fc.constant('buttons' as const), buttons: fc.array(anyButton, { maxLength: 60 }) }),
);
const anyMessage: fc.Arbitrary<Message> = fc.record({
  summary: nasty,
  parts: fc.oneof(fc.array(part, { maxLength: 6 }), fc.array(part, { minLength: 40, maxLength: 70, size: 'max' })),
});

/** Slack's rules, written a second time and from its side. */
function complaints({ text, blocks }: { text: string; blocks: Json[] }): string[] {
  const found: string[] = [];
  const complain = (broken: boolean, what: string) => broken && found.push(what);
  const length = (value: string | undefined, min: number, max: number, what: string) =>
    complain(value === undefined || value.length < min || value.length > max, `${what}: ${value?.length}`);
  length(text, 1, 4_000, 'text');
  complain(blocks.length > 50, `${blocks.length} blocks`);
  complain(blocks.filter((block) => (block as { type: string }).type === 'table').length > 1, 'two tables');
  const shown = texts(blocks).filter(({ path }) => /(text|alt_text)$/.test(path));
  complain(shown.reduce((sum, one) => sum + one.text.length, 0) > 13_200, 'message too long');
  for (const raw of blocks) {
    // biome-ignore lint/suspicious/noExplicitAny: the shape of Block Kit is what is being checked.
    const block = raw as any;
    if (block.type === 'header') length(block.text.text, 1, 150, 'header');
    if (block.type === 'section') length(block.text.text, 1, 3_000, 'section');
    if (block.type === 'context') length(block.elements[0].text, 1, 3_000, 'context');
    if (block.type === 'image') length(block.alt_text, 1, 2_000, 'alt text');
    if (block.type === 'table') {
      complain(block.rows.length > 100 || block.rows.length < 1, 'table rows');
      for (const row of block.rows) {
        complain(row.length < 1 || row.length > 20 || row.length !== block.rows[0].length, 'table row');
        for (const cell of row) complain(cell.text.length < 1, 'empty cell');
      }
    }
    if (block.type === 'actions') {
      complain(block.elements.length < 1 || block.elements.length > 25, 'buttons');
      const ids = block.elements.map((element: { action_id: string }) => element.action_id);
      complain(new Set(ids).size !== ids.length, 'action_id twice');
      for (const element of block.elements) {
        length(element.text.text, 1, 75, 'label');
        length(element.action_id, 1, 255, 'action_id');
        complain((element.value ?? '').length > 2_000 || element.value === '', 'value');
        complain(element.url !== undefined && (!/^https?:\/\//.test(element.url) || element.url.length > 3_000), 'url');
      }
    }
  }
  return found;
}

/** What is left when everything that is ours is taken out must hold no mark-up at all. */
function foreignMarkup(text: string): string {
  return text
    .replace(/<!date\^\d+\^[{}a-z_ ]+\|[-0-9: ]+ UTC>/g, '')
    .replace(/<https?:\/\/[^<>|\s]+\|[^<>|\n]+>/g, '')
    .replace(/&(amp|lt|gt);/g, '')
    .replace(/[^<>&]/g, '');
}

describe('any message', () => {
  test('stays within the limits of Slack', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(complaints(JSON.parse(JSON.stringify(draw(message))))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test('holds no mark-up but ours, whole characters, and nothing that steers', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const drawn = draw(message);
        const marked = texts(JSON.parse(JSON.stringify(drawn.blocks))).filter(({ path }) =>
          /^\d+\.(text\.text|elements\.0\.text)$/.test(path),
        );
        const isMrkdwn = (path: string) => {
          const block = drawn.blocks[Number(path.split('.')[0])];
          return block?.type === 'section' || block?.type === 'context';
        };
        expect(foreignMarkup(drawn.text)).toBe('');
        for (const { path, text } of marked.filter((one) => isMrkdwn(one.path))) {
          expect(foreignMarkup(text), path).toBe('');
        }
        for (const { text } of texts(JSON.parse(JSON.stringify(drawn)))) {
          expect(text.isWellFormed()).toBe(true);
        }
        for (const { text } of marked) {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
          expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2066-\u2069]/);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('says what fits in full', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9 .,:/-]{1,200}$/), (text) => {
        const drawn = JSON.stringify(draw(said({ kind: 'text', lines: [[`[${text}]`]] })).blocks);
        expect(drawn).toContain(`[${text}]`);
      }),
    );
  });
});
