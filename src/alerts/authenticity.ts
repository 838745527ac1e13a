import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { type EpochMicros, SECOND } from '../model/units.ts';
import type { Delivery } from '../ports/alert-source.ts';

/** Secrets or tokens of a sender: a list, or one text with commas. Several, so that they can be rotated; none by default. */
export const secretList = z
  .union([z.string().transform((text) => text.split(',')), z.array(z.string())])
  .transform((secrets) => secrets.map((secret) => secret.trim()).filter((secret) => secret !== ''))
  .default([]);

/** A sender that lists more signatures than it has secrets in rotation is not one we know. */
const SIGNATURE_LIMIT = 16;
const HEX_SHA256 = /^[0-9a-f]{64}$/i;

/**
 * Whether one signature of a header like `v1=<hex>,v1=<hex>` is the HMAC-SHA256 of the raw body under one of the secrets.
 *
 * Both sides are lists because secrets are rotated: for a while the sender signs with the old and the new one, and so may
 * we know both. Signatures of other schemes (`v2=`) are passed over. Every pair is compared, each in constant time, so the
 * answer's delay tells nothing about which one came close.
 */
export function signedByOneOf(
  secrets: readonly string[],
  body: Uint8Array,
  header: string | undefined,
  scheme: string,
): boolean {
  return hmacIsOneOf(secrets, [body], signatures(header ?? '', scheme));
}

/**
 * Whether one of the signatures, 32 bytes each, is the HMAC-SHA256 of the parts one behind the other under one of the
 * secrets. Every pair is compared, each in constant time.
 */
export function hmacIsOneOf(
  secrets: readonly (string | Uint8Array)[],
  parts: readonly (string | Uint8Array)[],
  signatures: readonly Uint8Array[],
): boolean {
  const given = signatures.filter(({ length }) => length === 32).slice(0, SIGNATURE_LIMIT);
  let matches = 0;
  for (const secret of secrets) {
    const hmac = createHmac('sha256', secret);
    for (const part of parts) hmac.update(part);
    const expected = hmac.digest();
    for (const signature of given) matches += timingSafeEqual(expected, signature) ? 1 : 0;
  }
  return matches > 0;
}

/** The 32 bytes of one signature in hex, behind a prefix such as `sha256=` where the sender puts one; else none. */
export function hexSignature(header: string | undefined, prefix = ''): readonly Buffer[] {
  const text = header?.trim() ?? '';
  const hex = text.slice(prefix.length);
  return text.startsWith(prefix) && HEX_SHA256.test(hex) ? [Buffer.from(hex, 'hex')] : [];
}

/**
 * Whether a delivery carries one of the tokens, for senders that sign nothing. It may stand, in this order of preference,
 * in the header that is named, in `X-Causeway-Token`, in `Authorization` (`Bearer <token>`, or `Basic` with the token as
 * the password) or behind `?token=` of the address. Digests are compared, so that neither length nor content is told by time.
 */
export function carriesOneOf(tokens: readonly string[], delivery: Delivery, header?: string): boolean {
  const given = tokensGiven(delivery, header).map(digest);
  let matches = 0;
  for (const expected of tokens.map(digest)) {
    for (const token of given) matches += timingSafeEqual(expected, token) ? 1 : 0;
  }
  return matches > 0;
}

function tokensGiven({ headers, query }: Delivery, header: string | undefined): readonly string[] {
  const [scheme = '', credentials = ''] = (headers.authorization ?? '').trim().split(/\s+/, 2);
  const basic = scheme.toLowerCase() === 'basic' ? Buffer.from(credentials, 'base64').toString() : undefined;
  return [
    header === undefined ? undefined : headers[header.toLowerCase()],
    headers['x-causeway-token'],
    scheme.toLowerCase() === 'bearer' ? credentials : undefined,
    basic?.slice(basic.indexOf(':') + 1),
    query?.token,
  ].flatMap((token) => token || []);
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/**
 * Throws a `Failure` of kind `unauthorized` when what the sender signed at a time arrives more than the window away from
 * it: somebody recorded it and plays it again, or a clock is wrong.
 */
export function freshOrRefused(signedAt: EpochMicros | undefined, now: EpochMicros, windowSeconds: number): void {
  if (signedAt !== undefined && Math.abs(now - signedAt) <= windowSeconds * SECOND) return;
  throw new Failure(
    'unauthorized',
    signedAt === undefined
      ? 'The webhook does not say when it was signed.'
      : `The webhook was signed more than ${windowSeconds} seconds ago or ahead.`,
    'Compare the clocks of the sender and the bot; a recorded webhook is not taken twice.',
  );
}

/** What an unproven delivery is told: one sentence for each of the three ways to get there. */
export function unproven(sender: string, configured: boolean, given: boolean, hint: string): Failure {
  if (!configured) {
    return new Failure('unauthorized', `No secret for ${sender} is configured, so no webhook can be trusted.`, hint);
  }
  const message = given
    ? 'The webhook is not signed with a secret we know.'
    : 'The webhook carries no signature and no token that we know.';
  return new Failure('unauthorized', message, hint);
}

/** The well-formed signatures of a scheme, as 32 bytes each. */
function signatures(header: string, scheme: string): readonly Buffer[] {
  const prefix = `${scheme}=`;
  return header
    .split(',', SIGNATURE_LIMIT)
    .map((entry) => entry.trim())
    .filter((entry) => entry.startsWith(prefix))
    .map((entry) => entry.slice(prefix.length))
    .filter((hex) => HEX_SHA256.test(hex))
    .map((hex) => Buffer.from(hex, 'hex'));
}

/** The header that `signedByOneOf` accepts: for whoever plays the sender (tests, benchmarks, the playground). */
export function signatureHeader(secret: string, body: Uint8Array, scheme: string): string {
  return `${scheme}=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
