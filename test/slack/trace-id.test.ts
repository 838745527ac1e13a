import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findTraceId } from '../../src/slack/trace-id.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('findTraceId', () => {
  test.each([
    ['32 digits', ID],
    ['upper case', ID.toUpperCase()],
    ['with spaces and back quotes', `  \`${ID}\` `],
    ['a traceparent', `00-${ID}-00f067aa0ba902b7-01`],
    ['a B3 header', `b3: ${ID}-00f067aa0ba902b7-1`],
    ['a Jaeger link', `http://127.0.0.1:16686/trace/${ID}?uiFind=00f067aa0ba902b7`],
    ['a Zipkin link', `https://zipkin.example/zipkin/traces/${ID}`],
    ['a Grafana link', `https://grafana.example/explore?left=%7B"query":"${ID}"%7D`],
    ['a link with a parameter', `https://x.example/find?traceId=${ID}&span=00f067aa0ba902b7`],
    ['a span id before it', `span 00f067aa0ba902b7 of ${ID}`],
    ['a sentence', `what happened in ${ID}, please?`],
  ])('finds %s', (_, text) => {
    expect(findTraceId(text)).toEqual({ kind: 'trace', traceId: ID });
  });

  test.each([
    ['16 digits', 'A3CE929D0E0E4736', '0000000000000000a3ce929d0e0e4736'],
    ['a Jaeger link without its leading zeros', 'http://j/trace/3ce929d0e0e4736', '000000000000000003ce929d0e0e4736'],
    [
      'a Datadog link, which is decimal',
      'https://app.datadoghq.com/apm/trace/11803532876627986230',
      '0000000000000000a3ce929d0e0e4736',
    ],
    ['a decimal id alone', '11803532876627986230', '0000000000000000a3ce929d0e0e4736'],
    [
      'Grafana with its panes escaped',
      `https://g/explore?panes=%7B%22a%22%3A%7B%22queries%22%3A%5B%7B%22query%22%3A%22${ID}%22%7D%5D%7D%7D`,
      ID,
    ],
    ['a link as Slack writes it', `<http://j/trace/${ID}?uiFind=00f067aa0ba902b7|that one>`, ID],
    ['VictoriaTraces', `https://v/select/vmui/#/query?query=trace_id%3A%3D%22${ID}%22`, ID],
    [
      'a log line',
      `level=error trace_id=a3ce929d0e0e4736 span_id=00f067aa0ba902b7`,
      '0000000000000000a3ce929d0e0e4736',
    ],
    ['X-Ray', 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1', '5759e988bd862e3fe1be46a994272793'],
  ])('finds %s', (_, text, traceId) => {
    expect(findTraceId(text)).toEqual({ kind: 'trace', traceId });
  });

  test.each([
    ['nothing', ''],
    ['words', 'why is checkout slow'],
    ['a word of hex letters', 'facade'],
    ['digits inside a longer word', `x${ID}`],
    ['33 digits in a sentence', `look at ${ID}0 please`],
  ])('finds none in %s', (_, text) => {
    expect(findTraceId(text)).toEqual({ kind: 'nothing' });
  });

  test('says how long a wrong id is', () => {
    expect(findTraceId(`${ID}0`)).toEqual({
      kind: 'unusable',
      why: 'A trace id has 16 or 32 hex digits; this has 33.',
    });
  });

  test('refuses the id that W3C calls invalid', () => {
    expect(findTraceId('0'.repeat(32)).kind).toBe('unusable');
  });

  test('finds any id in any case among words', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f]{31}[1-9a-f]$/), fc.boolean(), (id, upper) => {
        const text = `see ${upper ? id.toUpperCase() : id}.`;
        expect(findTraceId(text)).toEqual({ kind: 'trace', traceId: id });
      }),
    );
  });

  test('takes a megabyte of hex without losing its way', () => {
    expect(findTraceId('a'.repeat(1_000_000)).kind).toBe('nothing');
    expect(findTraceId('1-'.repeat(500_000)).kind).toBe('nothing');
  });
});
