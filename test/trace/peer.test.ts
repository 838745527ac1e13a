import { describe, expect, it } from 'vitest';
import { peerName } from '../../src/trace/peer.ts';
import { drawTable } from '../draw.ts';

describe('peerName', () => {
  it.each([
    ['a name of the newest convention before one of an older', 'service.peer.name=b server.service.name=a', 'a'],
    ['the newer of the two older names', 'peer.service=c service.peer.name=b', 'b'],
    ['the oldest name', 'peer.service=c server.address=x', 'c'],
    ['an empty name is none', 'peer.service="" server.address=pay', 'pay'],
    ['an address before what the URL says', 'server.address=pay url.full=http://proxy/x', 'pay'],
    ['a host without a port', 'url.full=http://pay/x', 'pay'],
    ['a host and nothing else', 'url.full=http://pay', 'pay'],
    ['a host before a query', 'url.full=http://pay?x=1', 'pay'],
    ['a scheme of any case', 'url.full=HTTPS://pay/x', 'pay'],
    ['a password with a colon', 'url.full=http://me:secret@pay:1/x', 'pay'],
    ['an @ in a path belongs to no host', 'url.full=http://pay/@me', 'pay'],
    ['an IPv6 host', 'url.full=http://[::1]:8080/x', '[::1]:8080'],
    ['a longer IPv6 host without a port', 'url.full=http://[2001:db8::7]/x', '2001:db8::7'],
    ['a URL of no host', 'url.full=file:///etc/passwd', undefined],
    ['a URL of no host on a port', 'url.full=http://:80/x', undefined],
    ['a text that only holds a URL', 'url.full="see http://pay/x"', undefined],
    ['an address that says nothing, without a port', 'server.address=10.0.0.7', '10.0.0.7'],
    ['one with a port', 'server.address=10.11.12.13 server.port=80', '10.11.12.13:80'],
    ['one of three digits', 'server.address=192.168.100.200 server.port=80', '192.168.100.200:80'],
    ['the port of the span before that of the URL', 'url.full=http://localhost:1/ server.port=2', 'localhost:2'],
    ['the port of the network last', 'server.address=localhost network.peer.port=3', 'localhost:3'],
    ['a name that ends like an address', 'server.address=node.10.1.2.3 server.port=80', 'node.10.1.2.3'],
    ['a name that begins like an address', 'server.address=10.1.2.3.example server.port=80', '10.1.2.3.example'],
    ['a name of four parts', 'server.address=a.1.2.3 server.port=80', 'a.1.2.3'],
    ['four numbers with letters among them', 'server.address=10.a.2.3 server.port=80', '10.a.2.3'],
    ['two numbers', 'server.address=10.1 server.port=80', '10.1'],
    ['a number of four digits', 'server.address=10.1.2.3000 server.port=80', '10.1.2.3000'],
    ['a port and nothing else', 'server.port=80', undefined],
    ['a store at an address that says nothing', 'server.address=localhost server.port=1 db.namespace=shop', 'shop'],
    ['a store before its system', 'db.system.name=postgresql db.namespace=shop', 'shop'],
    ['a destination by its template', 'messaging.destination.name=q.7 messaging.destination.template=q.{n}', 'q.{n}'],
    ['an address of the network', 'network.peer.address=10.1.2.3', '10.1.2.3'],
    ['a number as a name', 'peer.service=7', '7'],
  ])('%s', (_, marks, expected) => {
    expect(peerName(drawTable(`a call client 0..1 ${marks}`).table, 0)).toBe(expected);
  });
});
