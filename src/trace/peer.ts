import type { SpanTable } from '../model/trace.ts';

/** Attributes that name the service on the other side outright, the newest convention first. */
const NAMED = ['server.service.name', 'service.peer.name', 'peer.service'] as const;
/** Attributes that name a database or a queue. */
const STORES = [
  'db.namespace',
  'db.system.name',
  'messaging.destination.template',
  'messaging.destination.name',
] as const;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1', '0.0.0.0', 'host.docker.internal']);

/**
 * The name of whoever an outbound span spoke to, from its attributes alone; undefined when they name nobody. A host name
 * stands without its port, which a redeploy may change; only an address that says nothing by itself (an IP, localhost) keeps
 * it, and a database at such an address goes by its own name.
 */
export function peerName(table: SpanTable, row: number): string | undefined {
  const text = (key: string): string | undefined => {
    const value = table.attribute(row, key);
    return value === undefined || value === '' ? undefined : String(value);
  };
  const named = first(NAMED, text);
  if (named !== undefined) return named;
  const url = text('url.full');
  const authority = url === undefined ? undefined : authorityOf(url);
  const address = text('server.address') ?? authority?.host;
  if (address !== undefined && !saysNothing(address)) return address;
  const store = first(STORES, text);
  if (store !== undefined) return store;
  const bare = address ?? text('network.peer.address');
  if (bare === undefined) return undefined;
  const port = text('server.port') ?? authority?.port ?? text('network.peer.port');
  if (port === undefined) return bare;
  return bare.includes(':') ? `[${bare}]:${port}` : `${bare}:${port}`;
}

function first(keys: readonly string[], text: (key: string) => string | undefined): string | undefined {
  for (const key of keys) {
    const value = text(key);
    if (value !== undefined) return value;
  }
  return undefined;
}

function saysNothing(address: string): boolean {
  return LOOPBACK.has(address) || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(address) || address.includes(':');
}

/** Host and port of a URL; no `URL` object, which would refuse the odd ones and costs more than the rest of the span. */
function authorityOf(url: string): { readonly host: string; readonly port: string | undefined } | undefined {
  const match = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)(?::(\d+))?/i.exec(url);
  const host = match?.[1]?.replace(/^\[|\]$/g, '');
  return host === undefined || host === '' ? undefined : { host, port: match?.[2] };
}
