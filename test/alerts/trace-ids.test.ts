import { expect, test } from 'vitest';
import { traceIdsIn } from '../../src/alerts/trace-ids.ts';

const full = '4bf92f3577b34da6a3ce929d0e0e4736';
const short = '00f067aa0ba902b7';

test.each([
  [`error in ${full}`, [full]],
  [full.toUpperCase(), [full]],
  [`00-${full}-${short}-01`, [full]],
  [`https://jaeger.example.com/trace/${full}?uiFind=${short}`, [full]],
  [`https://zipkin.example.com/zipkin/traces/${short}`, [short.padStart(32, '0')]],
  [`trace_id=${short}`, [short.padStart(32, '0')]],
  [`"traceId": "${short}"`, [short.padStart(32, '0')]],
  [`TraceID: ${full}, again ${full}`, [full]],
  [`build ${short}`, []],
  [`sha256 ${full}${full}`, []],
  [`x${full}`, []],
  ['0'.repeat(32), []],
  ['', []],
])('%s', (text, ids) => {
  expect(traceIdsIn([text])).toEqual(ids);
});

test('ids keep their order, and a flood of them is cut', () => {
  const many = Array.from({ length: 500 }, (_, index) => (index + 1).toString(16).padStart(32, 'a'));
  expect(traceIdsIn([many.join(' ')])).toEqual(many.slice(0, 20));
});

test('a long text of almost-ids is read in a moment', () => {
  expect(traceIdsIn([`${'trace_id='.repeat(50_000)}${'a'.repeat(200_000)}`])).toEqual([]);
});
