import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Button, Message, Part, Piece } from '../../src/model/message.ts';
import { draw } from '../../src/slack/blocks.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Every string that Slack will show, with where it stands. */
function texts(value: Json, path: readonly string[] = []): { readonly path: string; readonly text: string }[] {
  if (typeof value === 'string') return [{ path: path.join('.'), text: value }];
  if (Array.isArray(value)) return value.flatMap((one, index) => texts(one, [...path, String(index)]));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, one]) => texts(one, [...path, key]));
}

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
        const message: Message = { summary: 'A summary.', parts: [{ kind: 'text', lines: [[`[${text}]`]] }] };
        const drawn = JSON.stringify(draw(message).blocks);
        expect(drawn).toContain(`[${text}]`);
      }),
    );
  });
});
