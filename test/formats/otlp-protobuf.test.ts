import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import protobuf from 'protobufjs/minimal.js';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { readOtlpJson } from '../../src/formats/otlp-json.ts';
import { readOtlpProtobuf } from '../../src/formats/otlp-protobuf.ts';
import { Collected } from '../../src/formats/reading.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { encodeJson, encodeProtobuf } from '../receiver/otlp-encode.ts';
import { someSpans } from './some-spans.ts';

const CAPTURE = Buffer.from(readFileSync('test/fixtures/otlp/js-exporter-0.223.protobuf.b64', 'utf8'), 'base64');

function read(bytes: Buffer): Collected {
  const collected = new Collected();
  readOtlpProtobuf(bytes, collected);
  return collected;
}

function spansOf(bytes: Buffer): readonly SpanRecord[] {
  return read(bytes).take().flat();
}

test('what the JavaScript exporter sends says the same as its JSON', () => {
  const { body } = JSON.parse(readFileSync('test/fixtures/otlp/js-exporter-0.223.json', 'utf8'));
  const collected = new Collected();
  readOtlpJson(body, collected);
  const timeless = (span: SpanRecord) => ({
    ...span,
    traceId: '',
    spanId: '',
    parentSpanId: '',
    start: 0,
    end: 0,
    events: span.events.length,
  });
  expect(spansOf(CAPTURE).map(timeless)).toEqual(collected.take().flat().map(timeless));
  expect(spansOf(CAPTURE)[0]).toMatchObject({
    traceId: '3146baad84443d61dc9b10d39e55db8d',
    start: 1795352284342000,
    end: 1795352284342114,
  });
});

test('protobuf and JSON of any spans read back as the same records', () => {
  fc.assert(
    fc.property(someSpans, (spans) => {
      const collected = new Collected();
      readOtlpJson(JSON.parse(encodeJson(spans).toString()), collected);
      expect(spansOf(encodeProtobuf(spans))).toEqual(spans);
      expect(collected.take().flat()).toEqual(spans);
    }),
  );
});

describe('the wire', () => {
  test('unknown fields are skipped, and the resource may come after its spans', () => {
    const [span] = spansOf(CAPTURE);
    const scopeSpans = protobuf.Writer.create().uint32(18).fork();
    scopeSpans.uint32(18).fork();
    scopeSpans
      .uint32(10)
      .bytes(Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex'))
      .uint32(18)
      .bytes(Buffer.from('b7ad6b7169203331', 'hex'));
    scopeSpans
      .uint32(57)
      .fixed32(5_000)
      .fixed32(0)
      .uint32(8 * 900)
      .uint32(7)
      .uint32(8 * 901 + 2)
      .string('future')
      .ldelim()
      .ldelim();
    const resource = protobuf.Writer.create().uint32(10).fork().uint32(10).fork().uint32(10).string('service.name');
    resource.uint32(18).fork().uint32(10).string('late').ldelim().ldelim().ldelim();
    const both = Buffer.concat([scopeSpans.finish(), resource.finish()]);
    const message = protobuf.Writer.create().uint32(10).bytes(both).finish();
    expect(spansOf(Buffer.from(message))).toMatchObject([{ service: 'late', start: 5, end: 5, kind: 'unspecified' }]);
    expect(span?.service).toBe('checkout');
  });

  test('integers of 64 bits keep their digits, negative ones too', () => {
    const value = (bytes: Uint8Array) =>
      Buffer.from(
        protobuf.Writer.create()
          .uint32(10)
          .fork()
          .uint32(10)
          .fork()
          .uint32(10)
          .fork()
          .uint32(10)
          .string('n')
          .uint32(18)
          .bytes(bytes)
          .ldelim()
          .ldelim()
          .uint32(18)
          .fork()
          .uint32(18)
          .fork()
          .uint32(10)
          .bytes(Buffer.alloc(16, 1))
          .uint32(18)
          .bytes(Buffer.alloc(8, 2))
          .uint32(57)
          .fixed32(9_000)
          .fixed32(0)
          .ldelim()
          .ldelim()
          .ldelim()
          .finish(),
      );
    const int = (text: string) => {
      let rest = BigInt.asUintN(64, BigInt(text));
      const bytes = [24];
      for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
      return Uint8Array.from([...bytes, Number(rest)]);
    };
    const read = (text: string) => spansOf(value(int(text)))[0]?.resource.n;
    expect(read('9223372036854775807')).toBe('9223372036854775807');
    expect(read('-9223372036854775808')).toBe('-9223372036854775808');
    expect(read('-1')).toBe(-1);
    expect(read('9007199254740991')).toBe(9007199254740991);
  });

  test('a value nested a thousand times is no value, and the span is kept', () => {
    let bytes = Buffer.from(protobuf.Writer.create().uint32(10).string('bottom').finish());
    for (let level = 0; level < 1_000; level += 1) {
      bytes = Buffer.from(protobuf.Writer.create().uint32(42).fork().uint32(10).bytes(bytes).ldelim().finish());
    }
    const span = protobuf.Writer.create()
      .uint32(10)
      .bytes(Buffer.alloc(16, 1))
      .uint32(18)
      .bytes(Buffer.alloc(8, 2))
      .uint32(57)
      .fixed32(9_000)
      .fixed32(0);
    span.uint32(74).fork().uint32(10).string('deep').uint32(18).bytes(bytes).ldelim();
    const message = protobuf.Writer.create()
      .uint32(10)
      .fork()
      .uint32(18)
      .fork()
      .uint32(18)
      .bytes(span.finish())
      .ldelim()
      .ldelim()
      .finish();
    expect(spansOf(Buffer.from(message))[0]?.attributes).toEqual({ deep: [] });
  });

  test('cut anywhere it is either a shorter request or a Failure that says at which byte', () => {
    for (let length = 0; length < CAPTURE.length; length += 1) {
      try {
        expect(spansOf(CAPTURE.subarray(0, length)).length).toBe(0);
        expect(length).toBe(0);
      } catch (thrown) {
        expect(thrown).toMatchObject({
          kind: 'bad-input',
          message: expect.stringMatching(/broken at byte \d+ of \d+/),
        });
      }
    }
  });

  test('random bytes are a Failure or a reading, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          read(Buffer.from(bytes));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Failure);
        }
      }),
    );
  });

  test('a real request with some bytes changed is a Failure or a reading, never anything else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(CAPTURE.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        (changes) => {
          const bytes = Buffer.from(CAPTURE);
          for (const [at, value] of changes) bytes[at] = value;
          try {
            for (const span of spansOf(bytes))
              expect(Number.isSafeInteger(span.start) && Number.isSafeInteger(span.end)).toBe(true);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(Failure);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
