import { describe, expect, test } from 'vitest';
import { setups } from './setups.ts';

const bank = { trace: 0, between: 'shop → bank.example' };

describe('events of a call', () => {
  const events = (marks: string, more: readonly string[] = []) =>
    setups(`
shop  POST /pay  server  0..100
  shop  POST     client  5..95  #call  server.address=bank.example ${marks}
${more.map((line) => `    ${line}`).join('\n')}
`);

  test('are steps in pairs, in the order of time', () => {
    expect(
      events(
        '*http.tls.done@20 *http.dns.start@6 *http.got_conn@30 *http.dns.done@7 *http.tls.start@10 *http.connect.start@7 *http.connect.done@9 *log@1',
      ),
    ).toEqual([{ ...bank, spans: ['dns call 6..7', 'tcp call 7..9', 'tls call 10..20'], handshakes: [2] }]);
  });

  test('fail when the end has an error, among whatever else', () => {
    const done = (json: string) => events(`*http.tls.start@10{"error":"x"} *http.tls.done@20${json}`)[0]?.spans;
    expect(done('')).toEqual(['tls call 10..20']);
    expect(done('{"http.tls.version":"1.3"}')).toEqual(['tls call 10..20']);
    expect(done('{"http.tls.error":"eof"}')).toEqual(['tls call 10..20 ✗']);
    expect(done('{"http.tls.version":"1.3","error":"eof"}')).toEqual(['tls call 10..20 ✗']);
  });

  test('count once: an end without a beginning, a second end, a beginning without an end tell nothing', () => {
    expect(events('*http.tls.done@20')).toEqual([]);
    expect(events('*http.tls.start@20')).toEqual([]);
    expect(events('*http.tls.start@10 *http.tls.done@20 *http.tls.done@30')[0]?.spans).toEqual(['tls call 10..20']);
    expect(events('*http.tls.start@10 *http.tls.start@15 *http.tls.done@30')[0]?.spans).toEqual(['tls call 15..30']);
    expect(events('*http.tls.start@10 *http.tls.done@20 *http.tls.start@40 *http.tls.done@50')[0]).toEqual({
      ...bank,
      spans: ['tls call 10..20', 'tls call 40..50'],
      handshakes: [0, 1],
    });
    expect(events('*http.tls.start@10 *http.dns.done@20')).toEqual([]);
  });

  test('of other names are none of these', () => {
    expect(events('*http.tls.start.x@10 *xhttp.tls.start@11 *http.tls.done@20')).toEqual([]);
    expect(events('*http.wrote.start@10 *http.wrote.done@20 *http.tls.begin@1')).toEqual([]);
  });

  test('stand beside the spans of the call, but a step that is a span tells of itself', () => {
    expect(events('*http.tls.start@10 *http.tls.done@20', ['shop tcp.connect 6..8 #tcp'])[0]?.spans).toEqual([
      'tcp tcp 6..8',
      'tls call 10..20',
    ]);
    const both = events('', ['shop tls.connect 6..8 #tls *http.tls.start@10 *http.tls.done@20']);
    expect(both[0]?.spans).toEqual(['tls tls 6..8']);
  });

  test('say more than the trouble of the whole call', () => {
    expect(events('!"TLS handshake failed" *http.tls.start@10 *http.tls.done@20{"error":"x"}')[0]?.spans).toEqual([
      'tls call 10..20 ✗',
    ]);
  });
});

describe('a failed call that speaks of its handshake', () => {
  const call = (marks: string, ...lines: readonly string[]) =>
    setups(`
shop  POST /pay  server  0..100
  shop  POST     client  5..95  #call  server.address=bank.example ${marks}
${lines.map((line) => `    ${line}`).join('\n')}
`)[0]?.spans;

  test('was one', () => {
    expect(call('!"TLS handshake failed"')).toEqual(['tls call 5..95 ✗']);
    expect(call('!"self-signed certificate"')).toEqual(['tls call 5..95 ✗']);
    expect(call('!"TLS handshake failed"', 'shop tcp.connect 6..8 #tcp')).toEqual(['tls call 5..95 ✗', 'tcp tcp 6..8']);
  });

  test('was none when its handshake is there, it did not fail, or failed of something else', () => {
    expect(call('!"TLS handshake failed"', 'shop tcp.connect 6..8 #tcp', 'shop tls.connect 9..20 ! #tls')).toEqual([
      'tcp tcp 6..8',
      'tls tls 9..20 ✗',
    ]);
    expect(call('!"connection refused"')).toBeUndefined();
    expect(call('!')).toBeUndefined();
    expect(call('', 'shop wait 6..9 !"TLS handshake failed"')).toBeUndefined();
    expect(call('*log@7')).toBeUndefined();
  });
});
