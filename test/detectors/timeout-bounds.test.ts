import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { seenBy, times, viewOf } from './seen.ts';

const TIMED_OUT = 'error.type=TimeoutError !"timed out"';
const page = (wait: number, marks = '', callee = true, to = 'desk') => `
door  GET /page     server  0..${wait + 10}  ${marks && '! http.response.status_code=503'}
  door  GET         client  2..${wait + 2}  server.address=${to}  ${marks}
${callee ? `    ${to}  GET /seat  server  3..${wait + 1}` : ''}
`;
const usual = times(30, page(30), 'b');
const told = (suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = usual) =>
  seenBy('D11', viewOf(suspects, baseline));

test('D11 tells of the limit that was passed, of what answers usually take, and of silence', () => {
  const [finding] = told(times(12, page(500, TIMED_OUT, false), 's'));
  expect(finding).toMatchObject({ role: 'cause', component: { kind: 'service', service: 'desk' }, support: 12 });
  expect(finding?.evidence).toMatchObject([
    {
      claim: 'timeout.gave-up',
      values: { from: { value: 'door' }, to: { value: 'desk' }, limit: { value: 500_000 }, calls: { value: 12 } },
      counts: { with: 12, of: 12, baselineWith: 0, baselineOf: 30 },
    },
    { claim: 'timeout.usual', values: { usual: { value: 30_000 } } },
    { claim: 'timeout.silence', values: { service: { value: 'desk' }, calls: { value: 12 } } },
  ]);
});

test.each<readonly [string, boolean, number]>([
  ['four fifths of the limit are not near it', false, 400],
  ['and more are', true, 400.1],
])('D11 calls a limit tight by the slowest answers: %s', (_, tight, slowest) => {
  const before = times(30, page(slowest), 'b');
  const claims = told(times(12, page(500, TIMED_OUT, false), 's'), before)[0]?.evidence.map(({ claim }) => claim);
  expect(claims?.includes('timeout.tight')).toBe(tight);
});

test('D11 does not take healthy calls that were given up on for answers', () => {
  const before = [...usual, ...times(2, page(490, TIMED_OUT), 'c')];
  const [finding] = told(times(20, page(500, TIMED_OUT), 's'), before);
  expect(finding?.evidence.map(({ claim }) => claim)).toEqual(['timeout.gave-up', 'timeout.usual']);
  expect(finding?.evidence[0].counts).toEqual({ with: 20, of: 20, baselineWith: 2, baselineOf: 32 });
  expect(finding?.specificity).toBe(0.938);
});

test('D11 calls nobody silent who answered one of the calls', () => {
  const late = [...times(11, page(500, TIMED_OUT, false), 's'), ...times(1, page(500, TIMED_OUT), 't')];
  expect(told(late)[0]?.evidence.map(({ claim }) => claim)).toEqual(['timeout.gave-up', 'timeout.usual']);
  const [finding] = told(times(12, page(500, TIMED_OUT), 's'));
  expect(finding?.evidence[0].spanIds).toHaveLength(2);
});

test('D11 tells of a peer without spans by the edge to it, and alone of no past', () => {
  const asked = (wait: number, marks = '') => page(wait, marks, false, 'bank.example');
  const [finding] = told(times(12, asked(500, TIMED_OUT), 's'), times(30, asked(30), 'b'));
  expect(finding).toMatchObject({ component: { kind: 'edge', from: 'door', to: 'bank.example' } });
  expect(finding?.evidence.map(({ claim }) => claim)).toEqual(['timeout.gave-up', 'timeout.usual']);
  const [alone] = told(times(3, asked(500, TIMED_OUT), 's'), []);
  expect(alone).toMatchObject({ strength: 0.8, specificity: 1, support: 3 });
  expect(alone?.evidence.map(({ claim }) => claim)).toEqual(['timeout.gave-up']);
});

test('D11 tells each party once, by the call that is nearest to it', () => {
  const deep = (wait: number, marks = '', keys = true) => `
door  GET /page         server  0..${wait + 30}  ${marks && '! http.response.status_code=503'}
  door  GET             client  1..${wait + 20}  server.address=desk  ${marks}
    desk  GET /seat     server  2..${wait + 19}
      desk  GET         client  3..${wait + 3}  server.address=keys  ${marks}
${keys ? `        keys  GET /k  server  4..${wait + 2}` : ''}
`;
  const before = [...usual, ...times(30, deep(20), 'c')];
  const findings = told(
    [...times(9, deep(200, TIMED_OUT, false), 's'), ...times(8, page(500, TIMED_OUT, false), 't')],
    before,
  );
  expect(
    findings.map(({ component, support, evidence: [{ values }] }) => [
      component,
      support,
      values.from?.value,
      values.limit?.value,
    ]),
  ).toEqual([
    [{ kind: 'service', service: 'keys' }, 9, 'desk', 200_000],
    [{ kind: 'service', service: 'desk' }, 8, 'door', 500_000],
  ]);
});

test('D11 tells of several callers by the first call, as certain as the strongest of them', () => {
  const gate = (wait: number, marks = '') => page(wait, marks).replaceAll('door', 'gate');
  const before = [...usual, ...times(20, gate(30), 'g'), ...times(5, gate(500, TIMED_OUT), 'h')];
  const both = (first: string, second: string) => told([...times(12, first, 's'), ...times(15, second, 't')], before);
  for (const [first, second, from] of [
    [gate(400, TIMED_OUT), page(500, TIMED_OUT), 'gate'],
    [page(500, TIMED_OUT), gate(400, TIMED_OUT), 'door'],
  ] as const) {
    const found = both(first, second);
    expect(found).toMatchObject([{ support: 27, specificity: 1 }]);
    expect(found[0]?.evidence[0].values).toMatchObject({ from: { value: from }, calls: { value: 27 } });
    expect(found[0]?.evidence[0].spanIds).toHaveLength(2);
  }
});

const shop = (end: number, marks: string, inner = '', total = 2 * end) => `
shop  GET /page        server  0..${total}
  shop  GET            client  2..${end + 2}  server.address=ads url.full=http://ads/banner ${marks}
${inner}
`;
const ads = (end: number, marks: string) => `    ads  GET /banner   server  3..${end + 1}  ${marks}`;

test.each<readonly [string, string, number, string, string]>([
  ['a tenth of the request is felt', 'cause', 380, '! http.response.status_code=500', '!"no"'],
  ['less is not', 'context', 381, '! http.response.status_code=500', '!"no"'],
  [
    'what was asked wrongly is an answer',
    'context',
    80,
    '! http.response.status_code=404',
    'http.response.status_code=404',
  ],
  ['so is what nobody may see', 'context', 80, '! http.response.status_code=403', 'http.response.status_code=403'],
])('D14: %s', (_, role, total, marks, inner) => {
  const healthy = times(30, shop(12, '', ads(12, '')), 'b');
  const suspects = times(12, shop(40, marks, ads(40, inner), total), 's');
  expect(seenBy('D14', viewOf(suspects, healthy)).map((finding) => finding.role)).toEqual([role]);
});

test('D14 accuses a peer without spans whatever it costs, and adds up what one request waited for', () => {
  const healthy = times(30, shop(12, ''), 'b');
  expect(
    seenBy('D14', viewOf(times(12, shop(4, '! http.response.status_code=500', '', 900), 's'), healthy)),
  ).toMatchObject([{ role: 'cause', component: { kind: 'edge', from: 'shop', to: 'ads' } }]);
  const twice = `
shop  GET /page        server  0..400
  shop  GET            client  2..32   server.address=ads url.full=http://ads/a ! http.response.status_code=500
  shop  GET            client  40..70  server.address=ads url.full=http://ads/b ! http.response.status_code=500
`;
  const [finding] = seenBy('D14', viewOf(times(12, twice, 's'), healthy));
  expect(finding?.evidence[1]).toMatchObject({
    claim: 'swallowed.cost',
    values: { service: { value: 'ads' }, time: { value: 60_000 }, share: { value: 0.15 } },
  });
});

test('D15 tells of each operation that passed failures on, by how many of its route', () => {
  const failing = (route: string) =>
    page(30, '!', true).replace('/page', route).replace('server  3..31', 'server  3..31 !"no"');
  const window = [
    ...times(6, failing('/b'), 's'),
    ...times(2, page(30).replace('/page', '/b'), 't'),
    ...times(9, failing('/a'), 'u'),
  ];
  expect(
    seenBy('D15', viewOf(window, [...usual, ...times(9, failing('/a'), 'c')])).map(
      ({ component, support, strength, evidence }) => [component, support, strength, evidence[0].values.code?.value],
    ),
  ).toEqual([
    [{ kind: 'operation', service: 'door', operation: 'GET /a' }, 9, 1, '503'],
    [{ kind: 'operation', service: 'door', operation: 'GET /b' }, 6, 0.75, '503'],
  ]);
  const wordless = failing('/a').replace(' http.response.status_code=503', '');
  expect(seenBy('D15', viewOf(times(9, wordless, 's'), usual))[0]?.evidence[0].values.code?.value).toBe('an error');
});
