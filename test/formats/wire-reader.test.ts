import fc from 'fast-check';
import protobuf from 'protobufjs/minimal.js';
import { expect, test } from 'vitest';
import { WireReader } from '../../src/formats/wire-reader.ts';

const texts = fc.array(
  fc.oneof(
    fc.constantFrom('http.request.method', 'xttp.request.method', 'GET', '', 'größe', 'a'.repeat(64), 'a'.repeat(65)),
    fc.string({ unit: 'binary' }),
  ),
  { maxLength: 200 },
);

test('texts come out as they went in, however often, whatever shares a slot with them', () => {
  fc.assert(
    fc.property(texts, (written) => {
      const writer = protobuf.Writer.create();
      for (const text of written) writer.string(text);
      const bytes = Buffer.from(writer.finish());
      const plain = protobuf.Reader.create(bytes);
      const reader = new WireReader(bytes);
      for (const _ of written) expect(reader.text()).toBe(plain.string());
      expect(reader.pos).toBe(bytes.length);
    }),
  );
});

test('ten thousand texts are told apart by more than their ends', () => {
  const written = Array.from({ length: 10_000 }, (_, i) => `${i % 7_000}-the-same-end`);
  const writer = protobuf.Writer.create();
  for (const text of written) writer.string(text);
  const reader = new WireReader(Buffer.from(writer.finish()));
  for (const text of written) expect(reader.text()).toBe(text);
});

test.each([
  ['8 bytes', [1, 2, 3, 4, 5, 6, 7, 0xab], '01020304050607ab'],
  ['fewer, padded', [0, 0x1f], '000000000000001f'],
  ['zeros', [0, 0, 0, 0, 0, 0, 0, 0], undefined],
  ['none', [], undefined],
  ['too many', [1, 2, 3, 4, 5, 6, 7, 8, 9], undefined],
] as const)('an id of %s', (_, bytes, expected) => {
  const reader = new WireReader(
    Buffer.from(protobuf.Writer.create().bytes(Uint8Array.from(bytes)).bool(true).finish()),
  );
  expect(reader.hex(16)).toBe(expected);
  expect(reader.bool()).toBe(true);
});

test('what claims to be longer than the message around it is refused', () => {
  const long = Buffer.from(protobuf.Writer.create().string('longer than four').finish()).subarray(0, 5);
  expect(() => new WireReader(long).text()).toThrow(RangeError);
  expect(() => new WireReader(long).hex(32)).toThrow(RangeError);
  const inner = new WireReader(Buffer.from(protobuf.Writer.create().string('abcdef').finish()));
  inner.len = 3;
  expect(() => inner.text()).toThrow(RangeError);
});
