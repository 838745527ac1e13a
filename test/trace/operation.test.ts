import { describe, expect, it } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
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
    ['x producer 0..1 messaging.destination.name=orders', 'orders'],
    ['x producer 0..1 messaging.system.name=kafka messaging.operation.name=send', 'send'],
    ['x producer 0..1 messaging.system.name=kafka', 'x'],
    ['x producer 0..1 messaging.system.name=kafka messaging.destination.name=""', 'x'],
    ['x producer 0..1 messaging.destination.name=orders.12345', 'orders.{id}'],
    ['x producer 0..1 messaging.destination.name=q messaging.destination.template=reply.{to}', 'reply.{to}'],
    ['x producer 0..1 messaging.destination.anonymous=true messaging.destination.name=gen-x', '{temporary}'],
    ['x producer 0..1 messaging.destination.anonymous=false messaging.destination.name=q', 'q'],
    ['x producer 0..1 messaging.destination.temporary=false messaging.destination.name=q', 'q'],
    ['x producer 0..1 messaging.operation.type=a messaging.operation.name=b messaging.destination.name=q', 'b q'],
    ['x client 0..1 db.query.summary="" db.operation.name=find db.collection.name=carts', 'find carts'],
    ['x client 0..1 db.operation.name=7 db.collection.name=carts', 'x'],
    ['x client 0..1 db.operation.name=find db.collection.name=carts.12345', 'find carts.{id}'],
    ['x client 0..1 db.collection.name=carts db.query.text="select a from orders"', 'SELECT orders'],
    ['x client 0..1 db.operation.name=find db.query.text="select a from orders"', 'SELECT orders'],
    ['x client 0..1 rpc.method="" rpc.service=shop.Checkout', 'x'],
    ['x client 0..1 rpc.method=7 rpc.service=shop.Checkout', 'x'],
    ['x client 0..1 rpc.method=Place', 'Place'],
    ['x client 0..1 http.request.method="" url.path=/a', 'x'],
    ['x client 0..1 http.request.method=GET http.request.method_original=get url.path=/a', 'GET /a'],
    ['x client 0..1 http.request.method=_OTHER url.path=/a', '_OTHER /a'],
    ['x client 0..1 http.request.method=GET url.full=http://shop', 'GET /'],
    ['x client 0..1 http.request.method=GET url.full=shop', 'GET /'],
    ['x client 0..1 http.request.method=GET url.full=://shop/a', 'GET /a'],
    ['x client 0..1 http.request.method=GET url.path=/a url.full=http://shop/b', 'GET /a'],
    ['load 12345 client 0..1 http.request.method=GET', 'load {id}'],
    ['really? 17 times 0..1', 'really? {id} times'],
    ['connect 10.1.2.3:5432 0..1', 'connect {address}'],
    ['resolve pay:40123 0..1', 'resolve pay'],
    ['reserve item 12345 0..1', 'reserve item {id}'],
    ['load 550e8400-e29b-41d4-a716-446655440000 0..1', 'load {id}'],
    ['tls.connect 0..1', 'tls.connect'],
    ['größe ✓ 0..1', 'größe ✓'],
  ])('%s → %s', (line, expected) => {
    expect(operation(line)).toBe(expected);
  });

  it.each([
    ["SELECT 'x from a', b FROM orders", 'SELECT orders'],
    ["SELECT 'it''s from a' FROM orders", 'SELECT orders'],
    ['select/* of */a from/* the */orders', 'SELECT orders'],
    ['select a -- from b\nfrom orders', 'SELECT orders'],
    ['SELECT a FROM "shop"."orders" WHERE 1', 'SELECT shop.orders'],
    ['SELECT a FROM `shop`.`orders`', 'SELECT shop.orders'],
    ['truncate table orders', 'TRUNCATE orders'],
    ['merge into orders using x', 'MERGE orders'],
    ['MERGE orders AS o USING x', 'MERGE orders'],
    ['select a from only orders', 'SELECT orders'],
    ['CALL pay(17.25)', 'CALL pay(?)'],
    ['CALL  pay( 1 , 2,3 , 4 )  ', 'CALL pay(?)'],
    ['CALL pay( 1 )', 'CALL pay(?)'],
    ['CALL pay()', 'CALL pay()'],
    ['CALL pay(a, 1)', 'CALL pay(a, ?)'],
    ['CALL v2', 'CALL v2'],
  ])('is of the query %s only %s', (query, expected) => {
    expect(operationOf({ name: 'x', kind: 'client', attributes: { 'db.query.text': query } })).toBe(expected);
  });

  it.each([
    ['redis', '  get user:17', 'GET'],
    ['memcached', 'set\tuser:17', 'SET'],
    ['redis', '', 'x'],
    ['redis', '/* nothing */', ''],
    ['postgresql', 'get user', 'get user'],
  ])('is of %s, asked "%s", "%s"', (system, query, expected) => {
    const attributes = { 'db.system.name': system, 'db.query.text': query };
    expect(operationOf({ name: 'x', kind: 'client', attributes })).toBe(expected);
  });

  it('is cut after 200 characters, and a query is read no farther than its head', () => {
    const of = (name: string, attributes: SpanRecord['attributes']) =>
      operationOf({ name, kind: 'client', attributes });
    const long = 'a'.repeat(1_000);
    expect(of('x', { 'db.query.summary': long })).toBe(long.slice(0, 200));
    expect(of('x', { 'db.query.text': long })).toBe(long.slice(0, 200));
    expect(of('x', { 'db.query.text': `select ${'a,'.repeat(1_500)} from t` })).toBe(
      `select ${'a,'.repeat(100)}`.slice(0, 200),
    );
    expect(of(long, {})).toBe(long.slice(0, 200));
    expect(of(`7 ${long}`, {})).toBe(`{id} ${long}`.slice(0, 200));
    expect(routeOf(`/${long}`)).toBe(`/${long}`.slice(0, 200));
    expect(routeOf('/a'.repeat(300))).toBe('/a'.repeat(100));
    expect(routeOf(`${'/a'.repeat(150)}/7`)).toBe('/a'.repeat(100));
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
    ['/a?b', '/a'],
    ['/a#b', '/a'],
    ['/carts/0', '/carts/{id}'],
    ['/carts/9', '/carts/{id}'],
    ['/carts/9/', '/carts/{id}/'],
    ['/s/a%ABc', '/s/{id}'],
    ['/s/a@b.c/d', '/s/{id}/d'],
    ['/s/a@b', '/s/a@b'],
    ['/x/a1b2c3d', '/x/a1b2c3d'],
    ['/x/a1b2c3d4', '/x/{id}'],
    ['/x/A1B2C3F4', '/x/{id}'],
    ['/x/a1b2c3g4', '/x/a1b2c3g4'],
    ['/x/abcd-ef1', '/x/abcd-ef1'],
    ['/x/abcd-1-ef', '/x/abcd-{id}-ef'],
    ['/x/v-12_b', '/x/v-{id}_b'],
    ['/x/12ab', '/x/12ab'],
    ['/x/ab12', '/x/ab12'],
    ['/x/ab123c', '/x/ab{id}c'],
    ['/x/{550e8400-e29b-41d4-a716-446655440000}', '/x/{id}'],
    ['/x/abcdefghijklmnopqr1', '/x/abcdefghijklmnopqr1'],
    ['/x/abcdefghijklmnopqrs1', '/x/{id}'],
    ['/x/abcdefghijklmnopqrst', '/x/abcdefghijklmnopqrst'],
    ['', ''],
  ])('%s → %s', (path, expected) => {
    expect(routeOf(path)).toBe(expected);
  });
});
