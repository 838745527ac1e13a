import { expect, test } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { isOwnNote } from '../../src/model/note.ts';
import { SECOND } from '../../src/model/units.ts';
import type { IncidentNotes } from '../../src/ports/incident-notes.ts';
import { aBot } from './a-bot.ts';
import { inTrouble } from './a-shop-in-trouble.ts';
import { alert, T0 } from './memory-backend.ts';

/** A place where every incident takes notes. */
function everyIncident() {
  const texts = new Map<string, string[]>();
  const place: IncidentNotes = {
    name: 'all',
    title: 'Everywhere',
    takes: () => true,
    holds: async ({ id }, key) => texts.get(id)?.some((text) => text.includes(key)) === true,
    write: async ({ id }, { text }) => void texts.set(id, [...(texts.get(id) ?? []), text]),
  };
  const firstLines = (id: string) => (texts.get(id) ?? []).map((text) => text.split('\n')[0]);
  return { place, texts, firstLines };
}

test('late spans that change a verdict are told on every incident that it answers for, once', async () => {
  const all = [...inTrouble('cart', 'stock'), ...inTrouble('web', 'stock')];
  let spans = all.filter(({ service }) => service !== 'stock');
  const clock = { now: T0 + 5 * SECOND };
  const { place, texts, firstLines } = everyIncident();
  const bot = aBot({ clock, spans: () => spans, notes: [place] });
  const tell = (id: string, given: Partial<Alert> = {}) =>
    bot.intake.alert(alert({ id, service: 'cart', title: `Trouble ${id}`, delivery: `j${id}`, ...given }));
  await tell('own');
  expect(await tell('joined')).toMatchObject({ outcome: 'joined' });
  await bot.work(12 * SECOND);
  const [before] = firstLines('own');
  expect(before).toMatch(/^Causeway: (Cause|Suspect): /);
  expect(firstLines('joined')).toEqual([before?.replace('Causeway:', 'Causeway, the same as another alert:')]);

  spans = all;
  for (let minute = 0; minute < 3; minute += 1) {
    clock.now += 60 * SECOND;
    await bot.work(12 * SECOND);
  }
  for (const id of ['own', 'joined']) {
    expect(firstLines(id)).toHaveLength(2);
    expect(firstLines(id)[1]).toMatch(/^Causeway, another verdict: .*stock/);
    expect(texts.get(id)?.every(isOwnNote)).toBe(true);
  }
  await bot.close();
});
