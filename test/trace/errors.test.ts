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
    ['client 0..1 response_flags=""', 0],
    ['client 0..1 error="true"', 1],
    ['client 0..1 error="false"', 0],
    ['client 0..1 error=false', 0],
    ['internal 0..1 error.type=""', 0],
    ['server 0..1 http.response.status_code=499', 0],
    ['client 0..1 http.response.status_code=399', 0],
    ['client 0..1 http.response.status_code=400', 2],
    ['client 0..1 rpc.status_code="14"', 2],
    ['client 0..1 rpc.status_code="0"', 0],
    ['client 0..1 rpc.response.status_code=ok', 0],
    ['client 0..1 rpc.response.status_code=""', 0],
    ['internal 0..1 rpc.response.status_code=NOT_FOUND', 2],
    ['client 0..1 db.response.status_code=""', 0],
    ['client 0..1 db.response.status_code=ok', 0],
    ['client 0..1 db.response.status_code="02000"', 0],
    ['client 0..1 db.response.status_code="03000"', 2],
    ['client 0..1 db.response.status_code="23001"', 2],
    ['client 0..1 db.response.status_code="000000"', 2],
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
    ['http.response.status_code=408', 'timeout'],
    ['error.type=deadline_exceeded', 'timeout'],
    ['rpc.response.status_code=RESOURCE_EXHAUSTED', 'capacity'],
    ['http.response.status_code=403', 'auth'],
    ['rpc.response.status_code=7', 'auth'],
    ['rpc.response.status_code=not_found', 'caller'],
    ['http.response.status_code=4040', 'fault'],
    ['http.response.status_code=404 error.type=TimeoutError', 'timeout'],
    ['', 'fault'],
  ])('%s is %s', (marks, sort) => {
    expect(errorSort(source(`client 0..1 ${marks}`).source)).toBe(sort);
  });

  it.each([
    ['rpc.status_code=14', 'UNAVAILABLE'],
    ['rpc.status_code="14"', 'UNAVAILABLE'],
    ['rpc.status_code=99', 'UNKNOWN'],
    ['rpc.status_code=unavailable', 'UNAVAILABLE'],
    ['rpc.status_code=e14', 'E14'],
    ['rpc.status_code="14e"', '14E'],
    ['rpc.status_code=""', undefined],
    ['rpc.status_code=true', undefined],
    ['rpc.status_code=14 rpc.response.status_code=ABORTED', 'ABORTED'],
    ['', undefined],
  ])('reads the gRPC status %s as %s', (marks, status) => {
    expect(rpcStatus(source(`client 0..1 ${marks}`).source)).toBe(status);
  });
});
