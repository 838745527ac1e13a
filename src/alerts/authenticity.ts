import { createHmac, timingSafeEqual } from 'node:crypto';

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
  const given = signatures(header ?? '', scheme);
  let matches = 0;
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(body).digest();
    for (const signature of given) matches += timingSafeEqual(expected, signature) ? 1 : 0;
  }
  return matches > 0;
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
