import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DETECTORS } from '../../src/detectors/index.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { seenBy, times, viewOf } from './seen.ts';

const ids = DETECTORS.map(({ id }) => id);
const numberOf = (id: string): number => Number(/^D(\d\d) /.exec(id)?.[1]);

test('every pattern of the reference is looked for, in its order, and each detector has a name and a question of its own', () => {
  expect([...new Set(ids.map(numberOf))]).toEqual(Array.from({ length: 29 }, (_, i) => i + 1));
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(DETECTORS.map(({ asks }) => asks)).size).toBe(ids.length);
  for (const { asks } of DETECTORS) expect(asks).toMatch(/^[A-Z][^?]*\?$/);
});

test('a file holds one detector at most', () => {
  const folder = new URL('../../src/detectors/', import.meta.url);
  const counts = readdirSync(folder).map((file) => ({
    file,
    detectors: readFileSync(new URL(file, folder), 'utf8').split(/^export const \w+: Detector = /m).length - 1,
  }));
  expect(counts.filter(({ detectors }) => detectors > 1)).toEqual([]);
  expect(counts.reduce((all, { detectors }) => all + detectors, 0)).toBe(DETECTORS.length);
});

const request = `
door  GET /page           server    0..60   user.id=u1
  door  GET               client    2..38   server.address=desk
    desk  GET /seat       server    3..36
      desk  GET           client    5..9    db.system.name=redis db.operation.name=GET server.address=cache
      desk  SELECT seats  client    10..30  db.system.name=postgresql db.query.summary="SELECT seats"
  door  publish seats     producer  40..41  messaging.destination.name=seats messaging.operation.type=publish
    mail  process seats   consumer  45..55  messaging.destination.name=seats messaging.operation.type=process
`;

test('healthy requests say nothing to any detector, whatever they are held against', () => {
  for (const baseline of [times(30, request, 'b'), []] as const) {
    const view = viewOf(times(30, request, 's'), baseline);
    expect(ids.flatMap((id) => seenBy(id, view))).toEqual([]);
  }
});

const mangled: Readonly<Record<string, (spans: readonly SpanRecord[]) => readonly SpanRecord[]>> = {
  'no roots': (spans) => spans.filter(({ parentSpanId }) => parentSpanId !== undefined),
  'only leaves': (spans) => spans.filter(({ kind }) => kind === 'consumer'),
  'no kinds': (spans) => spans.map((span) => ({ ...span, kind: 'unspecified' })),
  'no lengths': (spans) => spans.map((span) => ({ ...span, end: span.start })),
  'ends before starts': (spans) => spans.map((span) => ({ ...span, start: span.end, end: span.start })),
  'one moment': (spans) => spans.map((span) => ({ ...span, start: 1_800_000_000_000_000, end: 1_800_000_000_000_000 })),
  'no attributes': (spans) => spans.map((span) => ({ ...span, attributes: {}, resource: {} })),
  'its own parent': (spans) => spans.map((span) => ({ ...span, parentSpanId: span.spanId })),
  'all failed': (spans) => spans.map((span) => ({ ...span, status: 'error', statusMessage: '' })),
};

test.each(Object.entries(mangled))('broken data (%s) breaks no detector and no promise', (_, mangle) => {
  const suspects = mangle(times(12, request, 's'));
  for (const baseline of [times(20, request, 'b'), mangle(times(20, request, 'b')), []]) {
    const view = viewOf(suspects, baseline);
    for (const id of ids) seenBy(id, view);
  }
});
