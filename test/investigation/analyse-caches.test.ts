import { expect, test } from 'vitest';
import { analyse } from '../../src/investigation/analyse.ts';
import { times } from '../detectors/seen.ts';
import { inputOf } from './analyse-input.ts';

const CACHE = 'db.system.name=redis db.operation.name=GET server.address=cache';
const hit = `
shelf  GET /book     server  0..40
  shelf  GET         client  2..4   ${CACHE}
`;
const miss = `
shelf  GET /book       server  0..100
  shelf  GET           client  2..4   ${CACHE}
  shelf  SELECT books  client  5..65  db.system.name=postgresql db.namespace=stock db.query.summary="SELECT books"
`;

test('requests that wait for what the cache did not have are counted, each query being as quick as ever', () => {
  const before = [...times(36, hit, 'h'), ...times(4, miss, 'm')];
  const { verdict, impact } = analyse(inputOf([...times(30, miss, 's'), ...times(6, hit, 'q')], before));
  expect(verdict.hypotheses[0]).toMatchObject({ mechanism: 'cache-miss' });
  expect(impact).toMatchObject({ affected: 30, examined: 36 });
});
