import { describe, expect, test } from 'vitest';
import type { Button, Line, Message, Part, Piece } from '../../src/model/message.ts';
import { draw } from '../../src/slack/blocks.ts';
import { LIMITS } from '../../src/slack/limits.ts';

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
