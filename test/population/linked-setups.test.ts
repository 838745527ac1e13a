import { describe, expect, test } from 'vitest';
import { linkedSetups } from '../../src/population/linked-setups.ts';
import { buildTable } from '../../src/trace/build.ts';
import { draw } from '../draw.ts';

/** Of every row that links into another trace what belongs to it, by name; a link of the drawing goes to whoever has the label. */
function linked(drawing: string): Readonly<Record<string, readonly string[]>> {
  const spans = draw(drawing);
  const labelled = new Map(spans.map((span) => [String(span.attributes.id), span]));
  const records = spans.map((span) => {
    const told = span.attributes.to;
    if (told === undefined) return span;
    const links = String(told)
      .split(',')
      .map((id) => {
        const { traceId, spanId } = labelled.get(id) ?? { traceId: 'f'.repeat(32), spanId: 'f'.repeat(16) };
        return { traceId, spanId, attributes: {} };
      });
    return { ...span, links };
  });
  const table = buildTable(records);
  return Object.fromEntries(
    [...linkedSetups(table)].map(([row, rows]) => [table.name(row), rows.map((other) => table.name(other))]),
  );
}

const setup = (time: string) => `
---
web  setup         ${time}  id=setup
  web  dns         ${time}
    web  resolve   ${time}
  web  tls         ${time}
web  other         ${time}
`;

describe('a link into another trace', () => {
  test('brings the span and everything below it', () => {
    expect(linked(`web  GET  0..50\n  web  wait  10..40  to=setup${setup('12..30')}`)).toEqual({
      wait: ['setup', 'dns', 'resolve', 'tls'],
    });
    expect(
      linked(
        `web  GET  0..50\n  web  wait  10..40  to=inner${setup('12..30')
          .replace('web  dns ', 'web  dns ')
          .replace(/dns( +)(\S+)/, 'dns$1$2 id=inner')}`,
      ),
    ).toEqual({
      wait: ['dns', 'resolve'],
    });
  });

  test.for([
    ['20..40', true],
    ['41.999..60', true],
    ['42..60', false],
    ['1..8.001', true],
    ['1..8', false],
    ['0..90', true],
  ] as const)('is followed where the two overlap, give or take two milliseconds: %s', ([time, followed]) => {
    const found = linked(`web  GET  0..50\n  web  wait  10..40  to=setup${setup(time)}`);
    expect(Object.keys(found)).toEqual(followed ? ['wait'] : []);
  });

  test('may be one of several, and be shared by several', () => {
    const two = `
web  GET  0..50
  web  first   10..40  to=setup,more
  web  second  10..40  to=more
  web  third   10..40  to=nowhere
---
web  GET  0..50
  web  fourth  10..40  to=setup
${setup('12..30')}
---
web  more  12..20  id=more
`;
    const opened = ['setup', 'dns', 'resolve', 'tls'];
    expect(linked(two)).toEqual({ first: [...opened, 'more'], second: ['more'], fourth: opened });
  });

  test('brings no more than a handful of spans', () => {
    const large = Array.from({ length: 90 }, (_, i) => `  web  part${i}  12..30`).join('\n');
    const { wait = [] } = linked(`web  wait  10..40  to=big\n---\nweb  big  12..30  id=big\n${large}`);
    expect(wait).toHaveLength(64);
    expect([wait[0], wait[1], wait[63]]).toEqual(['big', 'part0', 'part62']);
  });
});

test('a link inside of one trace is no connection of another', () => {
  expect(linked('web  GET  0..50  id=setup\n  web  wait  10..40  to=setup')).toEqual({});
  expect(linked('web  GET  0..50')).toEqual({});
});
