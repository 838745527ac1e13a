import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readOtlpJson } from '../../src/formats/otlp-json.ts';
import { Collected } from '../../src/formats/reading.ts';

const ID = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const TIMES = { startTimeUnixNano: '1795352284310000999', endTimeUnixNano: '1795352284310735645' };

function read(document: unknown): Collected {
  const collected = new Collected();
  readOtlpJson(document, collected);
  return collected;
}

/** The records of one service called `shop`. */
function records(...spans: unknown[]) {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  return read({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 's' }, spans }] }] })
    .take()
    .flat();
}

describe('what exporters really send', () => {
  test('the JavaScript exporter', () => {
    const { body } = JSON.parse(readFileSync('test/fixtures/otlp/js-exporter-0.223.json', 'utf8'));
    const [query, server] = read(body).take().flat();
    expect(query).toMatchObject({
      traceId: '5527e2df40201916b2fbd94f76420909',
      spanId: 'a5cd2ac2a6ea8eea',
      parentSpanId: 'a4ad5c6c9e2abb47',
      service: 'checkout',
      name: 'SELECT orders',
      kind: 'client',
      start: 1795352284310000,
      end: 1795352284310735,
      status: 'error',
      statusMessage: 'deadlock',
      scope: 'demo',
      resource: { 'service.version': '1.4.2' },
      events: [{ name: 'exception', time: 1795352284310630, attributes: { 'exception.message': 'deadlock detected' } }],
      links: [
        {
          traceId: '0af7651916cd43dd8448eb211c80319c',
          spanId: '00f067aa0ba902b7',
          attributes: { 'link.kind': 'follows' },
        },
      ],
    });
    expect(server?.parentSpanId).toBeUndefined();
    expect(server?.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/pay',
      'http.response.status_code': 500,
      big: 9007199254740991,
      f: 1.5,
      arr: ['a', 'b'],
      b: true,
    });
  });

  test.each(['trace-v2', 'trace-v1'])('Tempo, %s: base64 ids, enum names, its own wrappers', (name) => {
    const spans = read(JSON.parse(readFileSync(`test/fixtures/tempo/${name}.json`, 'utf8')))
      .take()
      .flat();
    expect(spans.at(-1)).toMatchObject({
      traceId: 'd8d8d9c6d1cdfa5344ef3d69b8b594d8',
      spanId: '33e28811640ffc54',
      kind: 'server',
      service: 'kitchen',
      scope: 'oven',
    });
    if (name === 'trace-v2')
      expect(spans[0]).toMatchObject({
        kind: 'client',
        status: 'error',
        parentSpanId: '33e28811640ffc54',
        start: 1783062881157505,
      });
  });
});

describe('values', () => {
  test('start and end are floored each on its own, exactly', () => {
    expect(records({ ...ID, ...TIMES })).toMatchObject([{ start: 1795352284310000, end: 1795352284310735 }]);
  });

  test('64-bit integers keep their digits; numbers that JSON cannot carry become text', () => {
    const attributes = [
      { key: 'max', value: { intValue: '9223372036854775807' } },
      { key: 'small', value: { intValue: '42' } },
      { key: 'nan', value: { doubleValue: 'NaN' } },
      { key: 'huge', value: { doubleValue: JSON.parse('1e400') } },
    ];
    expect(records({ ...ID, ...TIMES, attributes })[0]?.attributes).toEqual({
      max: '9223372036854775807',
      small: 42,
      nan: 'NaN',
      huge: 'Infinity',
    });
  });

  test('maps become dotted keys, lists are flattened, and nothing is followed without end', () => {
    const map = {
      kvlistValue: {
        values: [
          { key: 'b', value: { stringValue: 'x' } },
          { key: 'c', value: { kvlistValue: { values: [{ key: 'd', value: { boolValue: false } }] } } },
        ],
      },
    };
    let deep: unknown = { stringValue: 'bottom' };
    for (let level = 0; level < 1_000; level += 1) deep = { arrayValue: { values: [deep] } };
    const list = { arrayValue: { values: [{ intValue: 1 }, { arrayValue: { values: [{ stringValue: 'y' }] } }, map] } };
    const attributes = [
      { key: 'a', value: map },
      { key: 'deep', value: deep },
      { key: 'list', value: list },
    ];
    expect(records({ ...ID, ...TIMES, attributes })[0]?.attributes).toEqual({
      'a.b': 'x',
      'a.c.d': false,
      deep: [],
      list: [1, 'y'],
    });
  });

  test('a hostile key changes no prototype, a megabyte of text is cut, too many attributes are left out', () => {
    const attributes = [
      { key: '__proto__', value: { arrayValue: { values: [{ stringValue: 'evil' }] } } },
      { key: 'constructor', value: { stringValue: 'mine' } },
      { key: 'long', value: { stringValue: 'x'.repeat(1 << 20) } },
      ...Array.from({ length: 1_000 }, (_, index) => ({ key: `k${index}`, value: { intValue: index } })),
    ];
    const kept = records({ ...ID, ...TIMES, attributes })[0]?.attributes ?? {};
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
    expect(kept.constructor).toBe('mine');
    expect(String(kept.long)).toHaveLength(16_384);
    expect(Object.keys(kept)).toHaveLength(256);
  });

  test('the all-zero parent is no parent, short ids are padded, upper case is lowered', () => {
    const [span] = records({ traceId: 'ABC', spanId: 'F', parentSpanId: '0000000000000000', ...TIMES });
    expect(span).toMatchObject({ traceId: `${'0'.repeat(29)}abc`, spanId: '000000000000000f' });
    expect(span?.parentSpanId).toBeUndefined();
  });

  test('a span without an end has no length', () => {
    expect(records({ ...ID, startTimeUnixNano: '5000', endTimeUnixNano: 0 })).toMatchObject([{ start: 5, end: 5 }]);
  });
});

describe('bad input', () => {
  test('bad spans are refused with their place, the good ones kept', () => {
    const good = { ...ID, ...TIMES };
    const bad = [
      { ...good, traceId: 'xyz' },
      { ...good, spanId: '0'.repeat(16) },
      { ...good, startTimeUnixNano: '-1' },
      7,
      { ...good, endTimeUnixNano: '1e9' },
    ];
    const collected = read({ resourceSpans: [{ scopeSpans: [{ spans: [good, ...bad] }] }] });
    expect(collected.spans).toBe(1);
    expect(collected.refusals.count).toBe(5);
    expect(collected.refusals.message).toBe(
      '5 spans were refused: resourceSpans[0].scopeSpans[0].spans[1] has no valid traceId; resourceSpans[0].scopeSpans[0].spans[2] has no valid spanId; resourceSpans[0].scopeSpans[0].spans[3] has no valid startTimeUnixNano; and 2 more',
    );
  });

  test.each([
    [[]],
    [null],
    ['x'],
    [{ resourceSpans: {} }],
    [{ resourceSpans: [3] }],
    [{ resourceSpans: [{ scopeSpans: 'x' }] }],
  ])('%j is no request', (document) => {
    expect(() => read(document)).toThrow(
      expect.objectContaining({ kind: 'bad-input', message: expect.stringContaining('not an OTLP trace document') }),
    );
  });

  test('nothing is nothing: empty requests and unknown members are fine', () => {
    for (const document of [{}, { resourceSpans: [] }, { resourceSpans: null }, { future: 1, resourceSpans: [{}] }])
      expect(read(document).spans).toBe(0);
  });
});
