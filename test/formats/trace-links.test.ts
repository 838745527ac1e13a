import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  grafanaPage,
  jaegerPage,
  traceNamedIn,
  victoriaTracesPage,
  zipkinPage,
} from '../../src/formats/trace-links.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const hex = (digits: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((id) => !/^0+$/.test(id) && !/^[0-9]+$/.test(id));

describe('a page that is linked to is understood again', () => {
  const pages: readonly [string, (trace: string, span: string) => string, boolean][] = [
    ['Jaeger', (trace, span) => jaegerPage('https://j.example/base', trace, span), true],
    ['Zipkin', (trace) => zipkinPage('https://z.example', trace), false],
    ['VictoriaTraces', (trace, span) => victoriaTracesPage('https://v.example', trace, span), true],
    ['Grafana', (trace, span) => grafanaPage('https://g.example', { uid: 'abc', type: 'tempo' }, trace, span), true],
  ];

  test.each(pages)('%s', (_name, page, withSpan) => {
    fc.assert(
      fc.property(hex(32), hex(16), (traceId, spanId) => {
        const link = page(traceId, spanId);
        expect(URL.canParse(link)).toBe(true);
        expect(traceNamedIn(`look: <${link}|here> please`)).toEqual(withSpan ? { traceId, spanId } : { traceId });
      }),
    );
  });

  test('without a span there is none in it', () => {
    expect(jaegerPage('https://j', TRACE)).toBe(`https://j/trace/${TRACE}`);
    expect(traceNamedIn(grafanaPage('https://g', { uid: 'a', type: 'tempo' }, TRACE))).toEqual({ traceId: TRACE });
  });
});

describe('what people paste', () => {
  test.each([
    [TRACE, TRACE, undefined],
    [TRACE.toUpperCase(), TRACE, undefined],
    [`00-${TRACE}-${SPAN}-01`, TRACE, SPAN],
    [`trace_id=${TRACE} span_id=${SPAN} msg="slow"`, TRACE, SPAN],
    [`{"traceId":"${TRACE}","spanId":"${SPAN}"}`, TRACE, SPAN],
    [`span_id=${SPAN} trace_id=a3ce929d0e0e4736`, 'a3ce929d0e0e4736'.padStart(32, '0'), SPAN],
    ['a3ce929d0e0e4736', 'a3ce929d0e0e4736'.padStart(32, '0'), undefined],
    ['https://jaeger.example/trace/bf92f3577b34da6', 'bf92f3577b34da6'.padStart(32, '0'), undefined],
    ['https://x.example/app?traceID=a3ce929d0e0e4736&x=1', 'a3ce929d0e0e4736'.padStart(32, '0'), undefined],
    ['3ce929d0e0e4736', '3ce929d0e0e4736'.padStart(32, '0'), undefined],
    [' `bf92f3577b34da6a3ce929d0e0e4736` ', '0bf92f3577b34da6a3ce929d0e0e4736', undefined],
    ['1-5759e988-bd862e3fe1be46a994272793', '5759e988bd862e3fe1be46a994272793', undefined],
    ['https://app.datadoghq.com/apm/trace/11803532876627986230', 'a3ce929d0e0e4736'.padStart(32, '0'), undefined],
  ])('%s', (text, traceId, spanId) => {
    expect(traceNamedIn(text)).toEqual(spanId === undefined ? { traceId } : { traceId, spanId });
  });

  test.each([
    '',
    'checkout is slow',
    '0'.repeat(32),
    'deadbeef',
    `x${TRACE}`,
    '%zz',
    '1795348800123',
    'see 3ce929d0e0e4736 there',
    'abcdefabcdef',
    '99999999999999999999 lemons',
    '/trace/',
  ])('%j names nothing', (text) => {
    expect(traceNamedIn(text)).toBeUndefined();
  });

  test('any text is read without trouble', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
        const named = traceNamedIn(text);
        if (named !== undefined) expect(named.traceId).toMatch(/^[0-9a-f]{32}$/);
      }),
    );
  });
});
