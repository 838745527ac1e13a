import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noteChanges } from '../../src/investigation/note-changes.ts';
import { CHANGE_KINDS, type Change } from '../../src/model/change.ts';
import type { Component } from '../../src/model/finding.ts';
import { MINUTE, SECOND } from '../../src/model/units.ts';
import type { Analysis } from '../../src/model/verdict.ts';
import { lineText } from '../../src/render/plain-text.ts';
import { answered, CANNOT_TELL, CASCADE, SINCE, testWords } from '../render/speaking.ts';

const { gathering } = answered(CASCADE);
const AT = { ...gathering, scope: { ...gathering.scope, services: ['gateway'], from: SINCE } };
const analysisOf = (component: Component, qualifier?: { key: string; value: string }): Analysis => {
  const [top] = CASCADE.verdict.hypotheses;
  if (top === undefined) throw new Error('The cascade has a cause');
  const hypotheses = [{ ...top, component, ...(qualifier === undefined ? {} : { qualifier }) }];
  return { ...CASCADE, impact: { ...CASCADE.impact, since: SINCE }, verdict: { ...CASCADE.verdict, hypotheses } };
};
const ORDERS = analysisOf({ kind: 'service', service: 'orders' });
const change = (id: string, rest: Partial<Change> = {}): Change => ({
  id,
  kind: 'deploy',
  at: SINCE - 3 * MINUTE,
  title: `Deployed ${id}`,
  service: 'orders',
  ...rest,
});
const idsOf = (changes: readonly Change[]) => changes.map(({ id }) => id);

describe('changes beside a verdict', () => {
  test('are those of the services it names, of those the alert is about, and of none in particular', () => {
    const changes = [
      change('flag', { service: undefined, title: 'New tax rules on' }),
      change('alerted', { service: 'Gateway' }),
      change('elsewhere', { service: 'search' }),
      change('named', { service: 'Orders service' }),
    ].map(({ service, ...rest }) => (service === undefined ? rest : { ...rest, service }));
    expect(idsOf(noteChanges(changes, ORDERS, AT))).toEqual(['named', 'alerted', 'flag']);
  });

  test('come from the hour before the onset and the two minutes after it, the nearest first', () => {
    const at = (minutes: number) => change(`${minutes}`, { at: SINCE - minutes * MINUTE });
    expect(noteChanges([at(61), at(50), at(10), at(3), at(-1), at(-3)], ORDERS, AT)).toEqual([
      expect.objectContaining({ id: '-1', before: -60 * SECOND }),
      expect.objectContaining({ id: '3', before: 3 * MINUTE }),
      expect.objectContaining({ id: '10', before: 10 * MINUTE }),
    ]);
  });

  test('corroborate the version that the traces blame, and come first then', () => {
    const blamed = analysisOf({ kind: 'attribute', key: 'service.version', value: '2.3.1', services: ['orders'] });
    const changes = [
      change('near', { at: SINCE - MINUTE }),
      change('version', { version: '2.3.1', at: SINCE - 40 * MINUTE }),
    ];
    expect(noteChanges(changes, blamed, AT)).toMatchObject([
      { id: 'version', corroborates: true },
      { id: 'near', corroborates: false },
    ]);
    const qualified = analysisOf({ kind: 'service', service: 'orders' }, { key: 'service.version', value: '2.3.1' });
    expect(noteChanges(changes, qualified, AT)[0]).toMatchObject({ id: 'version', corroborates: true });
    const elsewhere = [change('other', { version: '2.3.1', service: 'gateway' })];
    expect(noteChanges(elsewhere, blamed, AT)).toMatchObject([{ corroborates: false }]);
  });

  test('that pipeline and pager both tell of are one', () => {
    const changes = [
      change('pipeline', { version: '2.3.1', title: 'Deployed orders 2.3.1' }),
      change('pager', { version: '2.3.1', title: 'orders: release', at: SINCE - 4 * MINUTE }),
      change('before', { version: '2.3.0', at: SINCE - 30 * MINUTE }),
    ];
    expect(idsOf(noteChanges(changes, ORDERS, AT))).toEqual(['pipeline', 'before']);
  });

  test('of another environment are not told', () => {
    const production = { ...AT, scope: { ...AT.scope, environment: 'production' } };
    const changes = [change('here', { environment: 'Production' }), change('there', { environment: 'staging' })];
    expect(idsOf(noteChanges(changes, ORDERS, production))).toEqual(['here']);
  });

  test('where nobody is named, of whoever has anything against them', () => {
    const lost = {
      ...CANNOT_TELL,
      impact: { ...CANNOT_TELL.impact, since: SINCE },
      ranking: [{ service: 'orders', score: 1 }],
    };
    expect(idsOf(noteChanges([change('a')], { ...lost, verdict: { ...lost.verdict, hypotheses: [] } }, AT))).toEqual([
      'a',
    ]);
  });

  test('as a property: at most three, in the window, and whatever was changed the verdict stays what it was', () => {
    const some = fc.record({
      id: fc.uuid(),
      kind: fc.constantFrom(...CHANGE_KINDS),
      at: fc.integer({ min: SINCE - 90 * MINUTE, max: SINCE + 10 * MINUTE }),
      title: fc.string(),
      service: fc.constantFrom('orders', 'gateway', 'search', ''),
      version: fc.constantFrom('1', '2'),
    });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 12 }), (changes) => {
        const before = JSON.stringify(ORDERS);
        const noted = noteChanges(changes, ORDERS, AT);
        expect(noted.length).toBeLessThanOrEqual(3);
        for (const { at } of noted) expect(at >= SINCE - 60 * MINUTE && at <= SINCE + 2 * MINUTE).toBe(true);
        expect(noteChanges(changes.toReversed(), ORDERS, AT)).toEqual(noted);
        expect(JSON.stringify(ORDERS)).toBe(before);
      }),
    );
  });
});

describe('the card', () => {
  const lines = (changes: Parameters<typeof noteChanges>[0], analysis = ORDERS) => {
    const noted = noteChanges(changes, analysis, AT);
    const card = testWords().card(answered(analysis, { changes: noted }), {});
    return card.parts.flatMap((part) => (part.kind === 'text' ? part.lines.map((line) => lineText(line)) : []));
  };

  test('tells of the nearest change in one line, linked', () => {
    expect(lines([change('orders 2.3.1', { link: 'https://ci.example/1' })])).toContain(
      'Changed 3 min before it began: Deployed orders 2.3.1',
    );
    expect(lines([change('a', { at: SINCE + MINUTE })])).toContain('Changed 1 min after it began: Deployed a');
    expect(lines([]).join()).not.toMatch(/Changed/);
  });

  test('does not tell of the same deploy twice', () => {
    const blamed = analysisOf({ kind: 'service', service: 'orders' }, { key: 'service.version', value: '2.3.1' });
    const said = lines([change('orders 2.3.1', { version: '2.3.1' })], blamed);
    expect(said).toContain('That version came 3 min before it began: Deployed orders 2.3.1');
    expect(said.filter((line) => line.includes('2.3.1'))).toHaveLength(1);
  });
});
