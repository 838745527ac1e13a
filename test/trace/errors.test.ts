import { describe, expect, it } from 'vitest';
import { Flag } from '../../src/model/trace.ts';
import { errorLevel, errorSort, errorSource, rpcStatus } from '../../src/trace/errors.ts';
import { drawTable } from '../draw.ts';

const source = (line: string) => {
  const { table } = drawTable(`svc x ${line}`);
  return { table, source: errorSource(table, 0) };
};

describe('errorLevel', () => {
  it.each([
    ['server 0..1', 0],
    ['server 0..1 !', 3],
    ['internal 0..1 error.type=Boom', 3],
    ['server 0..1 ok error.type=Boom', 0],
    ['server 0..1 http.response.status_code=500', 2],
    ['server 0..1 http.response.status_code=404', 0],
    ['client 0..1 http.response.status_code=404', 2],
    ['client 0..1 http.response.status_code="404"', 2],
    ['client 0..1 http.response.status_code=302', 0],
    ['internal 0..1 http.response.status_code=404', 0],
    ['client 0..1 rpc.response.status_code=NOT_FOUND', 2],
    ['server 0..1 rpc.response.status_code=NOT_FOUND', 0],
    ['server 0..1 rpc.status_code=14', 2],
    ['client 0..1 rpc.status_code=0', 0],
    ['client 0..1 db.response.status_code="23505"', 2],
    ['client 0..1 db.response.status_code="00000"', 0],
    ['client 0..1 db.response.status_code=1146', 2],
    ['client 0..1 db.response.status_code=0', 0],
    ['client 0..1 error=true', 1],
    ['client 0..1 response_flags=UF', 1],
    ['client 0..1 response_flags=-', 0],
  ])('%s has level %i', (line, level) => {
    const { table, source: span } = source(line);
    expect(errorLevel(span)).toBe(level);
    expect(((table.flags[0] ?? 0) & Flag.error) !== 0).toBe(level >= 2);
  });
});

describe('errorSort', () => {
  it.each([
    ['error.type=TimeoutError', 'timeout'],
    ['error.type=UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['error.type=ETIMEDOUT', 'timeout'],
    ['http.response.status_code=504', 'timeout'],
    ['rpc.response.status_code=4', 'timeout'],
    ['error.type=AbortError', 'cancelled'],
    ['http.response.status_code=499', 'cancelled'],
    ['rpc.response.status_code=CANCELLED', 'cancelled'],
    ['http.response.status_code=429', 'capacity'],
    ['http.response.status_code=401', 'auth'],
    ['http.response.status_code=404', 'caller'],
    ['http.response.status_code=503', 'fault'],
    ['', 'fault'],
  ])('%s is %s', (marks, sort) => {
    expect(errorSort(source(`client 0..1 ${marks}`).source)).toBe(sort);
  });

  it('names a gRPC status that nobody knows', () => {
    expect(rpcStatus(source('client 0..1 rpc.status_code=99').source)).toBe('UNKNOWN');
    expect(rpcStatus(source('client 0..1').source)).toBeUndefined();
  });
});
