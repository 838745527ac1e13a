import { Failure } from '../failure.ts';

/** What an answer that is no success says, enough to explain it to a person. */
export type Refused = {
  readonly status: number;
  readonly contentType: string;
  readonly location: string | undefined;
  readonly retryAfter: number | undefined;
  /** The beginning of the body. */
  readonly text: string;
};

/** Status codes after which the same request may succeed at once or soon. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export function mayPass(status: number): boolean {
  return PASSING.has(status);
}

/** A failure for an HTTP status, in words that name the backend, the address asked and what to do. */
export function failureOf(title: string, path: string, refused: Refused): Failure {
  const { status, retryAfter } = refused;
  const said = saying(refused);
  if (status >= 300 && status < 400) {
    const where = refused.location === undefined ? '' : ` to ${refused.location}`;
    return new Failure(
      'misconfigured',
      `${title} sends us elsewhere${where} (${status}) instead of answering.`,
      'A login page stands before it, or the address is not quite right: check `backend.url` and `backend.auth`.',
    );
  }
  switch (status) {
    case 401:
      return new Failure(
        'unauthorized',
        `${title} does not know who we are (401)${said}.`,
        'Set `backend.auth`, or `backend.tenant` where it serves several, and check that the token has not run out.',
      );
    case 403:
      return new Failure(
        'unauthorized',
        `${title} knows us but does not let us read traces (403)${said}.`,
        'Give the account of `backend.auth` the right to read traces, or check `backend.tenant`.',
      );
    case 404:
    case 405:
      return new Failure(
        'not-found',
        `${title} has nothing at ${path} (${status})${said}.`,
        'Check `backend.url`: a base path is missing or too much, or it is another kind of server.',
      );
    case 413:
    case 422:
      return new Failure(
        'too-large',
        `${title} finds the answer too large to give (${status})${said}.`,
        'Ask for fewer traces or a shorter time, or raise its limits.',
      );
    case 429:
      return new Failure(
        'busy',
        `${title} asks us to come back later (429)${said}.`,
        'It is tried again by itself; lower `backend.concurrency` if this happens often.',
        retryAfter === undefined ? {} : { retryAfter },
      );
    default:
      if (status >= 500) {
        return new Failure(
          'unreachable',
          `${title} failed (${status})${said}.`,
          'Look at its own log; it is asked again later.',
          retryAfter === undefined ? {} : { retryAfter },
        );
      }
      return new Failure(
        'refused',
        `${title} refuses the question (${status})${said}.`,
        'Its version may be one that we do not know: please report it with this line.',
      );
  }
}

/** A page for people where data was asked for. */
export function pageInstead(title: string): Failure {
  return new Failure(
    'misconfigured',
    `${title} answers with a web page instead of data.`,
    'A login page of a proxy, or the wrong base path: check `backend.url` and `backend.auth`.',
  );
}

/** Whether a body is a page for people; some servers send theirs with every address and status 200. */
export function isPage(contentType: string, head: Uint8Array): boolean {
  if (/^(text\/html|application\/xhtml)/i.test(contentType)) return true;
  const first = Buffer.from(head.subarray(0, 64)).toString('latin1').trimStart().slice(0, 14).toLowerCase();
  return first.startsWith('<!doctype html') || first.startsWith('<html');
}

/** What the server said about it, on one line and cut; nothing where it sent a page. */
function saying({ contentType, text }: Refused): string {
  if (isPage(contentType, Buffer.from(text))) return '';
  const words = (messageIn(text) ?? text).replace(/\s+/g, ' ').trim();
  if (words === '') return '';
  return `: ${words.length > 200 ? `${words.slice(0, 199)}…` : words}`.replace(/\.$/, '');
}

/** The message inside the JSON errors of Jaeger (v1 and v3), Tempo and their kin. */
function messageIn(text: string): string | undefined {
  return /"(?:message|msg|error)"\s*:\s*"((?:[^"\\]|\\.){1,400})"/.exec(text)?.[1]?.replace(/\\(["\\])/g, '$1');
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|ALTNAME/;

/** A failure for what the network did. */
export function failureOfNetwork(title: string, thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const cause = { cause: thrown };
  if (/ALERT_CERTIFICATE_REQUIRED|ALERT_BAD_CERTIFICATE|ALERT_HANDSHAKE_FAILURE|ALERT_UNKNOWN_CA/.test(code)) {
    return new Failure(
      'misconfigured',
      `${title} wants a client certificate that it trusts (${code}).`,
      'Set `backend.tls.cert` and `backend.tls.key`.',
      cause,
    );
  }
  if (CERTIFICATE.test(code)) {
    return new Failure(
      'misconfigured',
      `The certificate of ${title} is not trusted (${code}).`,
      'Put the certificate of its authority in a PEM file and name it under `backend.tls.ca`.',
      cause,
    );
  }
  if (/WRONG_VERSION_NUMBER|EPROTO|PACKET_LENGTH/.test(code)) {
    return new Failure(
      'misconfigured',
      `${title} does not speak TLS there (${code}).`,
      'Write http:// instead of https:// in `backend.url`, or the right port.',
      cause,
    );
  }
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Failure('unreachable', `The name of ${title} is not known.`, 'Check `backend.url`.', cause);
    case 'ECONNREFUSED':
      return new Failure('unreachable', `Nobody listens at ${title}.`, 'Is it running, and is the port right?', cause);
    case 'Z_DATA_ERROR':
    case 'Z_BUF_ERROR':
      return new Failure(
        'unreachable',
        `${title} sent a damaged or cut-off answer.`,
        'It is asked again later.',
        cause,
      );
    case 'ERR_STREAM_PREMATURE_CLOSE':
    case 'ECONNRESET':
    case 'EPIPE':
      return new Failure('unreachable', `${title} hung up in the middle.`, 'It is asked again later.', cause);
    default:
      return new Failure(
        'unreachable',
        `${title} cannot be reached (${code || 'network error'}).`,
        'Check the network between here and there.',
        cause,
      );
  }
}
