import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJaegerJson } from '../../src/formats/jaeger-json.ts';
import { readOtlpJson } from '../../src/formats/otlp-json.ts';
import { Collected } from '../../src/formats/reading.ts';
import { probabilityOf } from '../../src/formats/trace-state.ts';
import { readZipkinJson } from '../../src/formats/zipkin-json.ts';
import { traceState } from '../receiver/otlp-encode.ts';

test.each([
  ['ot=th:0', 1],
  ['ot=th:8', 0.5],
  ['ot=th:c', 0.25],
  ['ot=th:fd70a3d70a3d71', 0.01],
  ['ot=th:ffffffffffffff', 2 ** -56],
  ['ot=rv:6e6d1a75832a2f;th:c', 0.25],
  ['vendor=th:0, ot=th:c;rv:1 ,other=1', 0.25],
  ['congo=t61rcWkgMzE,\tot=th:c', 0.25],
])('%s was kept with probability %d', (state, probability) => {
  expect(probabilityOf(state)).toBeCloseTo(probability, 12);
  expect(probabilityOf(state)).toBeGreaterThan(0);
});

test.each([
  '',
  'ot=',
  'ot=rv:6e6d1a75832a2f',
  'ot=p:8;r:62',
  'ot=th:',
  'ot=th:C',
  'ot=th:0x8',
  'ot=th:123456789abcdef',
  'ot=xth:8',
  'tenant@ot=th:8',
  'vendor=ot=th:8',
  'th:8',
  7,
  undefined,
])('%s says nothing of it', (state) => {
  expect(probabilityOf(state)).toBeUndefined();
});

test('any text is read without harm, and any threshold as a probability above none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^ot=th:[0-9a-f]{1,14}$/)), (state) => {
      const probability = probabilityOf(state);
      if (probability !== undefined) {
        expect(probability).toBeGreaterThan(0);
        expect(probability).toBeLessThanOrEqual(1);
      }
      expect(probability === undefined).toBe(!/(^|,)[ \t]*ot=([^,]*;)?th:[0-9a-f]{1,14}[ \t]*([;,]|$)/.test(state));
    }),
  );
});

/** As each format carries it; what became a field is no attribute any more. */
const CARRIED: Readonly<Record<string, (state: string, sink: Collected) => void>> = {
  OTLP: (state, sink) =>
    readOtlpJson({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...OTLP, traceState: state }] }] }] }, sink),
  Tempo: (state, sink) =>
    readOtlpJson({ trace: { batches: [{ scopeSpans: [{ spans: [{ ...OTLP, traceState: state }] }] }] } }, sink),
  Jaeger: (state, sink) => readJaegerJson({ data: [{ spans: [{ ...JAEGER, tags: [tagOf(state)] }] }] }, sink),
  Zipkin: (state, sink) => readZipkinJson([{ ...ZIPKIN, tags: { 'w3c.tracestate': state } }], sink),
};
const OTLP = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), startTimeUnixNano: '9000', endTimeUnixNano: '10000' };
const JAEGER = { traceID: '1', spanID: '2', startTime: 9, duration: 1 };
const ZIPKIN = { traceId: '1'.repeat(16), id: '2'.repeat(16), timestamp: 9, duration: 1 };
const tagOf = (value: string) => ({ key: 'w3c.tracestate', type: 'string', value });

test.each(Object.entries(CARRIED))('%s carries it', (_, read) => {
  for (const state of [traceState(0.25), 'vendor=1']) {
    const sink = new Collected();
    read(state, sink);
    const [record] = sink.take().flat();
    expect(record?.probability).toBe(state === 'vendor=1' ? undefined : 0.25);
    expect(record?.attributes).toEqual({});
  }
});
