import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type ReceivedTrace, tracesOf } from './received.ts';
import { SIGNS } from './signs.ts';

function recorded(name: string): { bytes: number; traces: readonly ReceivedTrace[] } {
  const file = readFileSync(new URL(`../../fixtures/shop/${name}.otlp.json.gz`, import.meta.url));
  return { bytes: file.length, traces: tracesOf(JSON.parse(gunzipSync(file).toString()).resourceSpans) };
}

test.for(Object.keys(SIGNS))('the recording of %s is small and holds its fault', (name) => {
  const normal = recorded(`${name}.normal`);
  const abnormal = recorded(`${name}.abnormal`);
  expect(Math.max(normal.bytes, abnormal.bytes)).toBeLessThan(150_000);
  expect(normal.traces.length).toBeGreaterThanOrEqual(100);
  SIGNS[name]?.(normal.traces, abnormal.traces);
});

test.for(Object.keys(SIGNS))('healthy traffic does not pass for %s', (name) => {
  const { traces } = recorded(`${name}.normal`);
  expect(() => SIGNS[name]?.(traces, traces)).toThrow();
});

test('in a recording every span has its parent and says where it comes from', () => {
  const { traces } = recorded('auth-cascade.abnormal');
  for (const { root, spans } of traces) {
    const ids = new Set(spans.map((span) => span.spanId));
    expect(spans.filter((span) => span.parent !== undefined && !ids.has(span.parent))).toEqual([]);
    expect(root).toMatchObject({ service: 'gateway', attributes: { 'user.id': expect.stringMatching(/^u-\d{4}$/) } });
    for (const span of spans.filter((one) => one.kind === 'server')) {
      expect(span.name).toBe(`${span.attributes['http.request.method']} ${span.attributes['http.route']}`);
      expect(span.attributes).toMatchObject({
        'user.id': root?.attributes['user.id'],
        'client.address': root?.attributes['client.address'],
      });
    }
    for (const span of spans.filter((one) => one.attributes['db.system.name'] !== undefined)) {
      expect(span.name).toBe(span.attributes['db.query.summary']);
      expect(span.kind).toBe('client');
    }
  }
});
