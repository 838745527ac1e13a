import { expect, test } from 'vitest';
import { seenBy, times, viewOf } from './seen.ts';

const chain = (version: string, a: number, b: number, c: number) => `
one  GET /  server  0..${60 + a + b + c}  resource.service.version="${version}"
  one  GET  client  ${5 + a}..${50 + a + b + c}  server.address=localhost server.port=8${version} resource.service.version="${version}"
    two  GET /b  server  ${6 + a}..${48 + a + b + c}  resource.service.version="${version}"
      two  GET  client  ${10 + a + b}..${40 + a + b + c}  server.address=localhost server.port=9${version} resource.service.version="${version}"
        three  GET /c  server  ${12 + a + b}..${36 + a + b + c}  resource.service.version="${version}"
`;

test('D23 pools the same overhead of a version over its hops; the port that changed with it does not win', () => {
  const window = [...times(15, chain('2', 40, 42, 38), 's'), ...times(25, chain('1', 0, 0, 0), 'o')];
  const view = viewOf(window, times(40, chain('1', 0, 0, 0), 'b'));
  const [finding] = seenBy('D23', view);
  expect(finding).toMatchObject({
    mechanism: 'per-hop-overhead',
    component: { kind: 'attribute', key: 'service.version', value: '2', services: ['one', 'three', 'two'] },
    role: 'cause',
  });
  expect(finding?.evidence[0].values).toMatchObject({
    hops: { value: 3 },
    each: { value: 40_000 },
    total: { value: 120_000 },
  });
});

test('D22 tells of one service that is slower on its version, and D23 says nothing', () => {
  const window = [...times(15, chain('2', 0, 60, 0), 's'), ...times(25, chain('1', 0, 0, 0), 'o')];
  const view = viewOf(window, times(40, chain('1', 0, 0, 0), 'b'));
  expect(seenBy('D23', view)).toEqual([]);
  expect(seenBy('D22', view)).toMatchObject([{ role: 'context', component: { value: '2', services: ['two'] } }]);
});

test('D22 and D23 tell when the version came, and trust it less for what went badly before that', () => {
  const shifted = (spans: ReturnType<typeof times>, seconds: number) =>
    spans.map((span) => ({ ...span, start: span.start + seconds * 1_000_000, end: span.end + seconds * 1_000_000 }));
  const rollout = shifted(times(20, chain('2', 40, 42, 38), 's'), 100);
  const old = [...times(25, chain('1', 0, 0, 0), 'o')];
  const baseline = shifted(times(40, chain('1', 0, 0, 0), 'b'), -1_000);
  const [aligned] = seenBy('D23', viewOf([...rollout, ...old], baseline));
  expect(aligned?.evidence.find(({ claim }) => claim === 'version.rollout')?.values).toMatchObject({
    version: { value: '2' },
    after: { value: 20 },
    of: { value: 20 },
  });
  // The same, but others had been slow long before the version was there.
  const slowBefore = times(20, chain('1', 0, 400, 0), 'e');
  const [late] = seenBy('D23', viewOf([...rollout, ...old, ...slowBefore], baseline));
  expect(late?.specificity ?? 0).toBeLessThan(0.7 * (aligned?.specificity ?? 0));
});

test('D23 and D22 are silent about a version that costs nothing', () => {
  const window = [...times(15, chain('2', 0, 0, 0), 's'), ...times(25, chain('1', 0, 0, 0), 'o')];
  const view = viewOf(window, times(40, chain('1', 0, 0, 0), 'b'));
  expect([...seenBy('D22', view), ...seenBy('D23', view)]).toEqual([]);
});

test('D25 sees that everything slowed down alike', () => {
  const scaled = (factor: number) => `
one  GET /  server  0..${60 * factor}
  one  GET  client  ${10 * factor}..${50 * factor}
    two  GET /b  server  ${11 * factor}..${49 * factor}
      two  GET  client  ${20 * factor}..${40 * factor}
        three  GET /c  server  ${21 * factor}..${39 * factor}
`;
  expect(seenBy('D25', viewOf(times(12, scaled(1.5), 's'), times(20, scaled(1), 'b')))).toMatchObject([
    { mechanism: 'common-mode-slowdown', role: 'context' },
  ]);
  expect(seenBy('D25', viewOf(times(12, scaled(1), 's'), times(20, scaled(1), 'b')))).toEqual([]);
});

const queries = (n: number) => `
list  GET /items  server  0..${20 + n * 6}
${Array.from({ length: n }, (_, i) => `  list  SELECT tags  client  ${5 + i * 6}..${10 + i * 6}  db.system.name=postgresql db.namespace=shop db.query.summary="SELECT tags"`).join('\n')}
`;

test('D09 counts the query that is made once for every item', () => {
  const [finding] = seenBy('D09', viewOf(times(12, queries(20), 's'), times(20, queries(2), 'b')));
  expect(finding).toMatchObject({ mechanism: 'n-plus-one', component: { service: 'list', operation: 'GET /items' } });
  expect(finding?.evidence[0].values).toMatchObject({ now: { value: 20 }, usual: { value: 2 } });
});

test('D09 is silent about loops that always were, and about few repeats', () => {
  expect(seenBy('D09', viewOf(times(12, queries(20), 's'), times(20, queries(20), 'b')))).toEqual([]);
  expect(seenBy('D09', viewOf(times(12, queries(4), 's'), times(20, queries(1), 'b')))).toEqual([]);
});

const pooled = (wait: number) => `
list  GET /items  server  0..${30 + wait}
  list  pg-pool.connect  internal  2..${4 + wait}
  list  SELECT items  client  ${5 + wait}..${15 + wait}  db.system.name=postgresql db.query.summary="SELECT items"
`;

test('D06 sees a wait for a free connection', () => {
  const view = viewOf(times(12, pooled(120), 's'), times(20, pooled(0), 'b'));
  expect(seenBy('D06', view)).toMatchObject([{ mechanism: 'pool-wait', component: { service: 'list' } }]);
  expect(seenBy('D06', viewOf(times(12, pooled(0), 's'), times(20, pooled(0), 'b')))).toEqual([]);
});

test('D17 sees a step that is missing where it always came', () => {
  const visit = (audit: boolean) => `
bank  POST /move  server  0..50
  bank  check limits  internal  5..10
  ${audit ? 'bank  write audit  internal  20..25' : ''}
`;
  const findings = seenBy('D17', viewOf(times(12, visit(false), 's'), times(20, visit(true), 'b')));
  expect(findings[0]).toMatchObject({
    mechanism: 'structural-change',
    component: { service: 'bank', operation: 'POST /move' },
  });
  expect(findings[0]?.evidence[0]).toMatchObject({
    claim: 'structure.missing',
    values: { part: { value: 'write audit' } },
  });
  expect(seenBy('D17', viewOf(times(12, visit(true), 's'), times(20, visit(true), 'b')))).toEqual([]);
});

test('D17 sees a line that is missing on spans that were visited, and a new exception', () => {
  const visit = (event: string) => `\nbank  POST /move  server  0..50  *start@1 ${event}\n`;
  const lost = seenBy('D17', viewOf(times(12, visit(''), 's'), times(20, visit('*settled@40'), 'b')));
  expect(lost.map(({ evidence }) => evidence[0].claim)).toContain('event.missing');
  const thrown = seenBy(
    'D17',
    viewOf(times(12, visit('*exception@9{"exception.type":"Overdrawn"}'), 's'), times(20, visit(''), 'b')),
  );
  expect(thrown.map(({ evidence }) => evidence[0].claim)).toContain('event.new');
});

const served = (pod: string, end: number) => `\nweb  GET /  server  0..${end}  resource.k8s.pod.name=${pod}\n`;

test('D16 finds the instance on which the bad requests sit, D21 the flag that they share', () => {
  const good = ['p1', 'p2', 'p3'].flatMap((pod) => times(15, served(pod, 20), pod));
  const bad = times(15, served('p4', 400), 'p4');
  const [instance] = seenBy('D16', viewOf([...good, ...bad], times(40, served('p1', 20), 'b')));
  expect(instance).toMatchObject({
    mechanism: 'bad-instance',
    component: { kind: 'attribute', key: 'k8s.pod.name', value: 'p4', services: ['web'] },
  });
  expect(instance?.evidence[0].counts).toMatchObject({ with: 15, of: 15, baselineWith: 0, baselineOf: 45 });

  const flagged = (value: string, end: number) => `\nweb  GET /  server  0..${end}  feature_flag.basket=${value}\n`;
  const view = viewOf(
    [...times(30, flagged('off', 20), 'f'), ...times(15, flagged('on', 400), 'n')],
    times(40, flagged('off', 20), 'b'),
  );
  expect(seenBy('D21', view)).toMatchObject([{ component: { key: 'feature_flag.basket', value: 'on' } }]);
});

test('D16 and D21 are silent when bad and good requests share everything', () => {
  const window = [...times(15, served('p1', 400), 's'), ...times(30, served('p1', 20), 'g')];
  const view = viewOf(window, times(40, served('p1', 20), 'b'));
  expect([...seenBy('D16', view), ...seenBy('D21', view)]).toEqual([]);
});

test('a service that was deployed is told with its versions, one that was not is not', () => {
  const visit = (time: number, version: string) =>
    `\nweb  GET /buy  server  0..${time}  resource.service.version=${version}\n`;
  const claims = (now: string) =>
    seenBy('D01', viewOf(times(30, visit(90, now), 's'), times(30, visit(10, '1'), 'b'))).flatMap(({ evidence }) =>
      evidence.map(({ claim, values }) => [claim, values.now?.value, values.before?.value]),
    );
  expect(claims('2')).toContainEqual(['version.changed', '2', '1']);
  expect(claims('1').map(([claim]) => claim)).not.toContain('version.changed');
});
