import { Failure } from '../failure.ts';
import type { Delivery, Reply } from '../ports/alert-source.ts';
import { parseJson } from './payload.ts';

/** What a body holds: elements to map one by one, each with the sender's key for this delivery where it has one. */
export type Element = { readonly json: unknown; readonly delivery: string | undefined };

/** A batch of more is not one that a person could follow. */
const BATCH_LIMIT = 1_000;

/**
 * The elements of a body: plain JSON, a list of it, a form, or CloudEvents 1.0 in any of the three ways they come.
 *
 * ```
 *   application/cloudevents+json         {specversion, id, source, type, data}       structured: one event
 *   application/cloudevents-batch+json   [{…}, {…}]                                  may be empty
 *   ce-id: …, ce-source: …               {…}                                         binary: the body is its data
 *   application/x-www-form-urlencoded    id=…&status=…                               a field named payload may hold JSON
 *   anything else                        {…} or [{…}, {…}]
 * ```
 *
 * An event is known by its `source` and `id` together. Of its attributes each stands at its name and the data below `data`;
 * members of the data stand at their own names too where no attribute is called so.
 */
export function elementsOf({ headers, body }: Delivery): readonly Element[] {
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (headers['ce-id'] !== undefined && headers['ce-specversion'] !== undefined) return [binary(headers, body)];
  if (type === 'application/x-www-form-urlencoded' && !looksLikeJson(body)) {
    return [{ json: formOf(body), delivery: undefined }];
  }
  const json = parseJson(body);
  const list: readonly unknown[] = Array.isArray(json) ? json : [json];
  if (list.length > BATCH_LIMIT) {
    throw new Failure(
      'bad-input',
      `The body holds more than ${BATCH_LIMIT} elements.`,
      'Send them in smaller batches.',
    );
  }
  return list.map((item) => (isEvent(item) ? event(item) : { json: item, delivery: undefined }));
}

function isEvent(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && 'specversion' in json && 'id' in json && 'source' in json;
}

function event(attributes: Readonly<Record<string, unknown>>): Element {
  const { data_base64: encoded, ...plain } = attributes;
  const data = typeof encoded === 'string' ? decoded(encoded) : plain.data;
  return {
    json: { ...(typeof data === 'object' && data !== null && !Array.isArray(data) ? data : {}), ...plain, data },
    delivery: `${String(attributes.source)}/${String(attributes.id)}`,
  };
}

/** Only `ce-` headers belong to the event: a plain `traceparent` is the trace of the transport. */
function binary(headers: Delivery['headers'], body: Uint8Array): Element {
  const attributes = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith('ce-') && value !== undefined ? [[name.slice(3), unescaped(value)] as const] : [],
  );
  return event({ ...Object.fromEntries(attributes), data: body.length === 0 ? undefined : parseJson(body) });
}

/** Attributes in headers are percent-encoded. */
function unescaped(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Data of another kind than JSON says nothing that a path could find. */
function decoded(base64: string): unknown {
  try {
    return parseJson(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}

/** `curl -d` and many a script call JSON a form. */
function looksLikeJson(body: Uint8Array): boolean {
  return /^\s*[{[]/.test(Buffer.from(body.subarray(0, 100)).toString());
}

function formOf(body: Uint8Array): unknown {
  const form = new URLSearchParams(Buffer.from(body).toString());
  const payload = form.get('payload');
  if (payload !== null) return parseJson(Buffer.from(payload));
  if (form.size === 0 || [...form.values()].every((value) => value === '')) {
    throw new Failure('bad-input', 'The form holds nothing.', 'Let the sender send JSON, or a form with fields.');
  }
  return Object.fromEntries(form);
}

/**
 * What a sender is told that asks by `OPTIONS` whether it may send ("abuse protection" of the CloudEvents HTTP web hooks).
 * It proves nothing; every delivery still has to.
 */
export function greet(headers: Delivery['headers'], origins: readonly string[]): Reply {
  const origin = headers['webhook-request-origin'];
  const allow = { allow: 'POST, OPTIONS' };
  if (origin === undefined) return { status: 200, body: { status: 'ok' }, headers: allow };
  if (!/^[A-Za-z0-9.-]{1,253}$/.test(origin) || !(origins.length === 0 || origins.includes(origin))) {
    return { status: 403, body: { error: 'origin_not_allowed' }, headers: allow };
  }
  return {
    status: 200,
    body: { status: 'welcome' },
    headers: { ...allow, 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' },
  };
}
