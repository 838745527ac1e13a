import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Fetch } from '../ports/alert-source.ts';

const Common = {
  MessageId: z.string().min(1).max(200),
  TopicArn: z.string().min(1).max(500),
  Message: z.string(),
  Timestamp: z.string().max(100),
  SignatureVersion: z.string().max(10).nullish(),
  Signature: z.string().max(2_000).nullish(),
  /** Over HTTP it is spelt `URL`, in what Lambda hands on `Url`. */
  SigningCertURL: z.string().max(2_000).nullish(),
  SigningCertUrl: z.string().max(2_000).nullish(),
};

/** A message of Amazon SNS as it comes over HTTP or as Lambda hands it on. */
export const SnsMessage = z.discriminatedUnion('Type', [
  z.object({ Type: z.literal('Notification'), Subject: z.string().nullish(), ...Common }),
  z.object({
    Type: z.enum(['SubscriptionConfirmation', 'UnsubscribeConfirmation']),
    Token: z.string().max(2_000),
    SubscribeURL: z.string().max(4_000),
    ...Common,
  }),
]);
export type SnsMessage = z.output<typeof SnsMessage>;

/** Amazon's hosts for SNS in every region and partition. */
const AMAZON = /^sns\.[a-z0-9-]{3,}\.amazonaws\.com(\.cn)?$/;
const CERTIFICATE_PATH = /^\/[A-Za-z0-9._/-]{1,200}\.pem$/;
const CERTIFICATE_BYTES = 64 * 1024;
/** Amazon uses one certificate a region and renews it about yearly. */
const KEYS_KEPT = 32;
const FETCH_MS = 5_000;

/** Knows the keys that SNS signs with, and follows its links; never to a host that is not Amazon's or named in `hosts`. */
export type SnsTrust = {
  /** Throws `unauthorized` unless the signature is Amazon's; `unreachable` while its certificate cannot be had. */
  verify(message: SnsMessage, signal: AbortSignal): Promise<void>;
  /** Follows `SubscribeURL` of a message that was verified before. */
  confirm(message: SnsMessage, signal: AbortSignal): Promise<void>;
};

export function createSnsTrust(fetch: Fetch, hosts: readonly string[]): SnsTrust {
  const keys = new Map<string, Promise<KeyObject>>();

  return {
    async verify(message, signal) {
      const algorithm = { '1': 'RSA-SHA1', '2': 'RSA-SHA256' }[message.SignatureVersion ?? ''];
      const url = trusted(message.SigningCertURL ?? message.SigningCertUrl, hosts);
      if (algorithm === undefined || url === undefined || !CERTIFICATE_PATH.test(url.pathname) || url.search !== '') {
        throw forged('does not name a certificate of Amazon and a version of the signature that we know');
      }
      const key = await keyAt(url.href, signal);
      const signature = Buffer.from(message.Signature ?? '', 'base64');
      if (!verify(algorithm, Buffer.from(signedText(message)), key, signature)) throw forged('is not signed by Amazon');
    },
    async confirm(message, signal) {
      const url = 'SubscribeURL' in message ? trusted(message.SubscribeURL, hosts) : undefined;
      const action = url?.searchParams.get('Action');
      if (url === undefined || action !== 'ConfirmSubscription') {
        throw new Failure(
          'bad-input',
          'SubscribeURL does not lead to Amazon.',
          'Subscribe the topic to the bot again.',
        );
      }
      await get(url.href, signal);
    },
  };

  /** One request for each certificate however many wait for it; a failure is forgotten, so that the next try asks again. */
  function keyAt(url: string, signal: AbortSignal): Promise<KeyObject> {
    const known = keys.get(url);
    if (known !== undefined) return known;
    const asked = get(url, signal).then(rsaKey);
    asked.catch(() => keys.delete(url));
    const [oldest] = keys.keys();
    if (keys.size >= KEYS_KEPT && oldest !== undefined) keys.delete(oldest);
    keys.set(url, asked);
    return asked;
  }

  async function get(url: string, signal: AbortSignal): Promise<string> {
    try {
      const answer = await fetch(url, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_MS)]),
        redirect: 'error',
        size: CERTIFICATE_BYTES,
      });
      const text = await answer.text();
      if (answer.ok) return text;
      throw new Error(`status ${answer.status}`);
    } catch (thrown) {
      throw new Failure(
        'unreachable',
        `${new URL(url).host} did not answer as Amazon SNS does.`,
        'Let the bot reach it by HTTPS; Amazon sends the message again.',
        { cause: thrown },
      );
    }
  }
}

/** The address when it is HTTPS to a host we trust, without a name, a password or another port in it. */
function trusted(address: string | null | undefined, hosts: readonly string[]): URL | undefined {
  if (!address || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  const plain = url.protocol === 'https:' && url.port === '' && url.username === '' && url.password === '';
  return plain && (AMAZON.test(url.hostname) || hosts.includes(url.hostname)) ? url : undefined;
}

/** Name and value by turns, each on a line of its own, the names in the order that Amazon documents. */
export function signedText(message: SnsMessage): string {
  const { Message, MessageId, Timestamp, TopicArn, Type } = message;
  const lines =
    'Token' in message
      ? { Message, MessageId, SubscribeURL: message.SubscribeURL, Timestamp, Token: message.Token, TopicArn, Type }
      : {
          Message,
          MessageId,
          ...(message.Subject == null ? {} : { Subject: message.Subject }),
          Timestamp,
          TopicArn,
          Type,
        };
  return Object.entries(lines)
    .map(([name, value]) => `${name}\n${value}\n`)
    .join('');
}

/** The key of a certificate, or a bare public key, in PEM. */
function rsaKey(pem: string): KeyObject {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // What is no key is told like a key of another kind.
  }
  throw forged('names a certificate without an RSA key');
}

function forged(what: string): Failure {
  return new Failure(
    'unauthorized',
    `The message ${what}.`,
    'Send it from Amazon SNS, unchanged; raw delivery is not signed and needs a token in the address.',
  );
}
