import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { sum } from '../../src/population/view.ts';
import { draw } from '../draw.ts';
import { seenBy, viewOf } from './seen.ts';

/**
 * A drawing of a request and, behind the dashes, of the trace in which its connection was opened, as many requests: ids of
 * both are renewed together, and links go on pointing at what they pointed at.
 */
function linked(count: number, drawing: string, salt: string): readonly SpanRecord[] {
  const spans = draw(drawing);
  const bySpan = new Map(spans.map((span) => [span.spanId, span.traceId]));
  return Array.from({ length: count }, (_, copy) => {
    const renew = (traceId: string) =>
      `${Buffer.from(salt).toString('hex')}${copy.toString(16)}${traceId.slice(-2)}`.padStart(32, '0');
    return spans.map((span) => ({
      ...span,
      traceId: renew(span.traceId),
      start: span.start + copy * 1_000_000,
      end: span.end + copy * 1_000_000,
      links: span.links.map((link) => ({ ...link, traceId: renew(bySpan.get(link.spanId) ?? link.traceId) })),
    }));
  }).flat();
}

// A link of a drawing stays inside its trace, so the other trace is made by hand.
const dotnet = (handshake: number, setupAt = 4) => `
web  GET /pay                         server    0..${handshake + 40}
  web  GET                            client    2..${handshake + 38}  server.address=bank.example
    web  HTTP wait_for_connection     internal  3..${handshake + 5}  ~setup
web  HTTP connection_setup            internal  ${setupAt}..${setupAt + handshake}  #setup
  web  DNS lookup bank.example        internal  ${setupAt}..${setupAt + 1}
  web  TLS client handshake           internal  ${setupAt + 1}..${setupAt + handshake}
`;

/** Moves everything from the set-up on into a trace of its own, as .NET exports it. */
function apart(count: number, drawing: string, salt: string): readonly SpanRecord[] {
  const moved = linked(count, drawing, salt);
  const isSetup = (span: SpanRecord) => /connection_setup|DNS lookup|TLS client/.test(span.name);
  const other = (traceId: string) => `f${traceId.slice(1)}`;
  return moved.map((span) => ({
    ...span,
    traceId: isSetup(span) ? other(span.traceId) : span.traceId,
    links: span.links.map((link) => ({ ...link, traceId: other(link.traceId) })),
  }));
}

test('D04 follows the link from a request to the trace in which .NET opened its connection', () => {
  const view = viewOf(apart(12, dotnet(200), 's'), apart(20, dotnet(10), 'b'));
  const [finding] = seenBy('D04', view);
  expect(finding).toMatchObject({
    mechanism: 'connection-setup',
    component: { kind: 'edge', from: 'web', to: 'bank.example' },
    support: 12,
  });
  expect(finding?.evidence[1]?.values.phase).toEqual({ unit: 'name', value: 'the TLS handshake' });
});

test('the trace in which a connection was opened is no request of its own', () => {
  const view = viewOf(apart(12, dotnet(200), 's'), apart(20, dotnet(10), 'b'));
  expect(sum(view.window)).toBe(12);
  expect(seenBy('D01', view)).toEqual([]);
});

test('D04 is silent where the linked connection was opened long before the request', () => {
  const view = viewOf(apart(12, dotnet(200, 5_000), 's'), apart(20, dotnet(10, 5_000), 'b'));
  expect(seenBy('D04', view)).toEqual([]);
});

test('a link whose trace never arrived is no set-up', () => {
  const lone = (spans: readonly SpanRecord[]) => spans.filter((span) => !span.traceId.startsWith('f'));
  const view = viewOf(lone(apart(12, dotnet(200), 's')), lone(apart(20, dotnet(10), 'b')));
  expect(seenBy('D04', view)).toEqual([]);
});
