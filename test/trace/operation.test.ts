import { describe, expect, it } from 'vitest';
import { operationOf, routeOf } from '../../src/trace/operation.ts';
import { draw } from '../draw.ts';

const operation = (line: string) => operationOf(draw(`svc ${line}`)[0]!);

describe('operationOf', () => {
  it.each([
    ['GET client 0..1 http.request.method=GET url.full=http://127.0.0.1:40123/carts/42?x=/y', 'GET /carts/{id}'],
    ['GET client 0..1 http.request.method=GET url.full=http://shop?next=/a', 'GET /'],
    ['GET client 0..1 http.request.method=GET url.full=/only/path#top', 'GET /only/path'],
    ['POST client 0..1 http.request.method=POST', 'POST'],
    ['GET server 0..1 http.request.method=GET http.route=/carts/:id url.path=/carts/42', 'GET /carts/:id'],
    ['GET server 0..1 http.request.method=GET url.template=/carts/{cart}', 'GET /carts/{cart}'],
    ['BREW server 0..1 http.request.method=_OTHER http.request.method_original=BREW url.path=/pot', 'BREW /pot'],
    ['middleware 0..1 http.request.method=GET url.path=/x', 'middleware'],
    ['GET /carts/42 server 0..1', 'GET /carts/{id}'],
    ['orders client 0..1 db.query.summary="SELECT orders" db.query.text="select 1"', 'SELECT orders'],
    ['x client 0..1 db.operation.name=find db.collection.name=carts', 'find carts'],
    [`x client 0..1 db.query.text="SELECT a FROM orders WHERE id = 17 AND name = 'from x'"`, 'SELECT orders'],
    ['x client 0..1 db.query.text="/* trace 1 */ insert into shop.orders (a) values (1)"', 'INSERT shop.orders'],
    ['x client 0..1 db.query.text="UPDATE orders SET a=1"', 'UPDATE orders'],
    ['x client 0..1 db.query.text="DELETE FROM orders"', 'DELETE orders'],
    [`x client 0..1 db.query.text="CALL pay(17, 'x')"`, 'CALL pay(?)'],
    ['x client 0..1 db.system.name=redis db.query.text="get user:17"', 'GET'],
    ['x client 0..1 db.system.name=redis db.operation.name=HGET', 'HGET'],
    ['x client 0..1 rpc.service=shop.Checkout rpc.method=Place', 'shop.Checkout/Place'],
    ['x client 0..1 rpc.method=shop.Checkout/Place', 'shop.Checkout/Place'],
    [
      'x producer 0..1 messaging.system=kafka messaging.operation.name=send messaging.destination.name=orders',
      'send orders',
    ],
    [
      'x consumer 0..1 messaging.operation.type=process messaging.destination.template=reply/{id} messaging.destination.name=reply/7',
      'process reply/{id}',
    ],
    [
      'x producer 0..1 messaging.operation.type=send messaging.destination.temporary=true messaging.destination.name=amq.gen-x',
      'send {temporary}',
    ],
    ['connect 10.1.2.3:5432 0..1', 'connect {address}'],
    ['resolve pay:40123 0..1', 'resolve pay'],
    ['reserve item 12345 0..1', 'reserve item {id}'],
    ['load 550e8400-e29b-41d4-a716-446655440000 0..1', 'load {id}'],
    ['tls.connect 0..1', 'tls.connect'],
    ['größe ✓ 0..1', 'größe ✓'],
  ])('%s → %s', (line, expected) => {
    expect(operation(line)).toBe(expected);
  });

  it('is the same for calls that differ in ids, ports and literals only', () => {
    const urls = [1, 2, 3].map((n) =>
      operation(`GET client 0..1 http.request.method=GET url.full=http://h:400${n}/a/${n * 7919}/b?q=${n}`),
    );
    const queries = [1, 2].map((n) =>
      operation(`q client 0..1 db.query.text="select * from t where id in (${n}, ${n + 1})"`),
    );
    expect(new Set(urls).size).toBe(1);
    expect(new Set(queries).size).toBe(1);
  });

  it('is bounded whatever comes', () => {
    const long = `x${'ä/b'.repeat(100_000)}`;
    const span = { name: long, kind: 'client', attributes: {} } as const;
    expect(operationOf(span).length).toBeLessThanOrEqual(200);
    expect(
      operationOf({ ...span, attributes: { 'db.query.text': `select ${'('.repeat(100_000)}` } }).length,
    ).toBeLessThanOrEqual(200);
    expect(
      operationOf({ ...span, attributes: { 'http.request.method': 'GET', 'url.full': `http://h/${long}` } }).length,
    ).toBeLessThanOrEqual(210);
  });
});

describe('routeOf', () => {
  it.each([
    ['/', '/'],
    ['/api/v1/carts', '/api/v1/carts'],
    ['/carts/42/items/7', '/carts/{id}/items/{id}'],
    ['/orders/550e8400-e29b-41d4-a716-446655440000', '/orders/{id}'],
    ['/blobs/9f86d081884c7d65', '/blobs/{id}'],
    ['/deadbeef', '/deadbeef'],
    ['/users/jane%40shop.example', '/users/{id}'],
    ['/stations/Shang%20Hai/trains', '/stations/{id}/trains'],
    ['/users/jane@shop.example', '/users/{id}'],
    ['/orders/order-42/lines', '/orders/order-{id}/lines'],
    ['/s3/oauth2', '/s3/oauth2'],
    ['/t/01HV7C0QK3X4Y5Z6A7B8C9D0EF', '/t/{id}'],
    ['/a;session=1/b?c#d', '/a'],
  ])('%s → %s', (path, expected) => {
    expect(routeOf(path)).toBe(expected);
  });
});
