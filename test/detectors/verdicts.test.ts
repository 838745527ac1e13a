import { expect, test } from 'vitest';
import { analyse } from '../../src/investigation/analyse.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { TableBuilder } from '../../src/trace/build.ts';
import { times } from './seen.ts';

/** What the whole engine makes of drawn suspects beside a drawn baseline. */
function verdictOf(suspects: readonly SpanRecord[], baseline: readonly SpanRecord[]): Verdict {
  const builder = new TableBuilder();
  builder.add([...baseline, ...suspects]);
  const table = builder.finish();
  const healthy = new Set(baseline.map(({ traceId }) => traceId));
  return analyse({ table, baseline: Uint8Array.from(table.traceIds, (id) => (healthy.has(id) ? 1 : 0)) }).verdict;
}

const page = (first: readonly [number, number], second: readonly [number, number], end: number) => `
page  GET /home        server  0..${end}
  page  GET            client  ${first[0]}..${first[1]}   server.address=news
    news  GET /news    server  ${first[0] + 1}..${first[1] - 1}
  page  GET            client  ${second[0]}..${second[1]}  server.address=mail
    mail  GET /inbox   server  ${second[0] + 1}..${second[1] - 1}
`;

test('calls that wait for each other are the verdict, not the services that answer as fast as ever', () => {
  const { kind, hypotheses } = verdictOf(
    times(20, page([5, 55], [57, 107], 120), 's'),
    times(40, page([5, 55], [6, 56], 70), 'b'),
  );
  expect(kind).toBe('cause');
  expect(hypotheses[0]).toMatchObject({
    mechanism: 'concurrency-regression',
    component: { kind: 'operation', service: 'page' },
  });
});

const hit = `
shelf  GET /book     server  0..10
  shelf  GET         client  2..4   db.system.name=redis db.operation.name=GET server.address=cache
`;
const miss = `
shelf  GET /book       server  0..70
  shelf  GET           client  2..4   db.system.name=redis db.operation.name=GET server.address=cache
  shelf  SELECT books  client  5..65  db.system.name=postgresql db.namespace=stock db.query.summary="SELECT books"
`;

test('a cache that misses is the verdict, not the store that is asked more often', () => {
  const { hypotheses } = verdictOf(
    [...times(4, hit, 'x'), ...times(26, miss, 's')],
    [...times(45, hit, 'h'), ...times(5, miss, 'm')],
  );
  expect(hypotheses[0]).toMatchObject({ mechanism: 'cache-miss', component: { kind: 'edge', to: 'cache' } });
});

const tried = `
shop  GET /page        server  0..280
  shop  GET            client  2..12  server.address=ads http.request.method=GET url.full=http://ads/banner !"reset"
  shop  GET            client  220..230  server.address=ads http.request.method=GET url.full=http://ads/banner
    ads  GET /banner   server  221..229
`;
const once = `
shop  GET /page        server  0..60
  shop  GET            client  2..12   server.address=ads http.request.method=GET url.full=http://ads/banner
    ads  GET /banner   server  3..11
`;

test('the pauses between attempts are laid to the call that failed, not to the caller that waited', () => {
  const { hypotheses } = verdictOf(times(20, tried, 's'), times(40, once, 'b'));
  expect(hypotheses[0]?.component).toMatchObject({ kind: 'edge', from: 'shop', to: 'ads' });
});
