import type { SpanRecord } from '../../src/model/span.ts';
import { encodeJson } from '../receiver/otlp-encode.ts';

/** Sends spans as one OTLP/JSON request. Stores that list by arrival need one request a trace, the oldest first. */
export async function sendOtlp(url: string, spans: readonly SpanRecord[]): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: new Uint8Array(encodeJson(spans)),
  });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}
