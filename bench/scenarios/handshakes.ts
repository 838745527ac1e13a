import type { Attributes } from '../../src/model/span.ts';
import type { Random } from './random.ts';
import type { Address, Operation } from './sdks.ts';
import type { Open, Process, Writer } from './writer.ts';

/** What a new connection to the provider goes through. */
export type Setup = {
  readonly limit: number;
  readonly tries: number;
  /** Whether the next try hangs. */
  readonly hangs: () => boolean;
  /** Usual time of a handshake, ms. */
  readonly usual: number;
  readonly spanPerTry: boolean;
};

const CHARGE: Operation = { method: 'POST', path: '/v1/charges', route: '/v1/charges' };

/**
 * A call to the provider, over a new connection when `setup` is given. Handshakes that hang are given up after the limit and
 * tried again after a pause, a bit longer each time:
 *
 * ```
 *   POST         ├────────────── ✗ ┤   ├──────────────────┤
 *   tls.connect   ├───────────── ✗ ┤    ├───┤
 * ```
 *
 * Answers whether the provider was reached.
 */
export function callProvider(
  writer: Writer,
  random: Random,
  process: Process,
  visit: Open,
  to: Address,
  takes: number,
  setup?: Setup,
): boolean {
  const heading = process.sdk.client(CHARGE, to);
  let client = writer.open(process, 'client', heading, visit);
  let connected = setup === undefined;
  for (let attempt = 1; setup !== undefined && !connected && attempt <= setup.tries; attempt++) {
    if (attempt > 1) {
      writer.work(50 * attempt);
      if (setup.spanPerTry) client = writer.open(process, 'client', heading, visit);
    }
    connected = !(setup.hangs() && attempt < setup.tries);
    shakeHands(writer, random, client, to, connected ? undefined : setup.limit, setup.usual);
    if (!connected && setup.spanPerTry) writer.close(client, troubled(to, setup.limit));
  }
  writer.work(takes);
  writer.close(client, process.sdk.answered(201, 'client'));
  return connected;
}

const troubled = ({ host }: Address, limit: number) => ({
  attributes: { 'error.type': 'TimeoutError' },
  status: 'error' as const,
  message: `TLS handshake with ${host} did not finish within ${limit} ms`,
});

/** One handshake as the language's instrumentation shows it; `limit` is given for one that hangs. */
function shakeHands(
  writer: Writer,
  random: Random,
  client: Open,
  to: Address,
  limit: number | undefined,
  usual: number,
): void {
  const { process } = client;
  const ending = limit === undefined ? {} : troubled(to, limit);
  const shake = () => (limit === undefined ? writer.work(usual) : writer.wait(limit));
  const span = (name: string, attributes: Attributes = {}, parent: Open = client) =>
    writer.open(process, 'internal', { name, attributes }, parent);
  switch (process.sdk.name) {
    case 'node': {
      const tls = span('tls.connect');
      const tcp = span('tcp.connect', { 'server.address': to.host, 'server.port': to.port }, tls);
      writer.work(1);
      writer.close(tcp);
      shake();
      // A socket that is destroyed without an error leaves its handshake unfinished: only tcp.connect is exported.
      if (limit === undefined || random.chance(0.75)) writer.close(tls, ending);
      return;
    }
    case 'go': {
      const dns = span('http.dns', { 'http.dns.addrs': '203.0.113.7' });
      writer.work(0.5);
      writer.close(dns);
      const connect = span('http.connect');
      writer.work(1);
      writer.close(connect);
      const tls = span('http.tls');
      shake();
      writer.close(tls, ending);
      return;
    }
    case 'java': {
      const connect = span('CONNECT');
      writer.work(1);
      writer.close(connect);
      const tls = span('SSL handshake', { 'server.address': to.host });
      shake();
      writer.close(
        tls,
        limit === undefined
          ? {}
          : {
              status: 'error',
              events: [
                {
                  name: 'exception',
                  attributes: {
                    'exception.type': 'io.netty.handler.ssl.SslHandshakeTimeoutException',
                    'exception.message': `handshake timed out after ${limit}ms`,
                  },
                },
              ],
            },
      );
      return;
    }
    case 'dotnet': {
      // .NET opens a pooled connection in a trace of its own, to which the request only links.
      const traceId = random.hex(32);
      const setup = writer.open(
        process,
        'internal',
        { name: `HTTP connection_setup ${to.host}:${to.port}`, attributes: { 'server.address': to.host } },
        undefined,
        { traceId },
      );
      const waiting = writer.open(
        process,
        'internal',
        { name: `HTTP wait_for_connection ${to.host}:${to.port}`, attributes: {} },
        client,
        { links: [{ traceId, spanId: setup.spanId, attributes: {} }] },
      );
      const connect = writer.open(process, 'internal', { name: 'socket connect', attributes: {} }, setup);
      writer.work(1);
      writer.close(connect);
      const tls = writer.open(process, 'internal', { name: `TLS client handshake ${to.host}`, attributes: {} }, setup);
      shake();
      writer.close(tls, ending);
      writer.close(setup, ending);
      writer.close(waiting, ending);
      return;
    }
  }
}
