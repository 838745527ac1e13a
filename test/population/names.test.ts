import { expect, test } from 'vitest';
import { aboutNames } from '../../src/population/names.ts';
import { drawTable } from '../draw.ts';

test('every row gets the answer about its name, and each name is asked about once', () => {
  const { table } = drawTable('a root 0..9\n  a tick 1..2\n  a tock 3..4\n  a tick 5..6\n  a none 7..8');
  const asked: string[] = [];
  const about = aboutNames(table, (name) => {
    asked.push(name);
    return name === 'none' ? undefined : name.length;
  });
  const said = [...table.parent.keys()].map(about);
  expect(said).toEqual([...table.parent.keys()].map((row) => (table.name(row) === 'none' ? undefined : 4)));
  expect(asked.toSorted()).toEqual(['none', 'root', 'tick', 'tock']);
});
