import protobuf from 'protobufjs/minimal.js';
import type { Failure, FailureKind } from '../failure.ts';
import type { Refusals } from '../formats/reading.ts';

/** How a request is written; its answer is written the same way. */
export type Encoding = 'protobuf' | 'json';

/** An answer to an export request, ready to be sent by whichever thread holds the socket. */
export type OtlpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/** By the media type alone: parameters as `; charset=utf-8` are tolerated. Undefined is answered 415. */
export function encodingOf(contentType: string | undefined): Encoding | undefined {
  switch (contentType?.split(';', 1)[0]?.trim().toLowerCase()) {
    case 'application/x-protobuf':
    case 'application/protobuf':
      return 'protobuf';
    case 'application/json':
      return 'json';
    default:
      return undefined;
  }
}

/**
 * 200 with an ExportTraceServiceResponse. `partial_success` is set only when spans were refused; the sender must not send
 * them again. Source: OTLP specification 1.11, "Partial Success".
 */
export function accepted(encoding: Encoding, refusals: Refusals): OtlpAnswer {
  if (encoding === 'json') {
    const partialSuccess =
      refusals.count === 0
        ? {}
        : { partialSuccess: { rejectedSpans: String(refusals.count), errorMessage: refusals.message } };
    return answer(200, encoding, Buffer.from(JSON.stringify(partialSuccess)));
  }
  const writer = protobuf.Writer.create();
  if (refusals.count > 0) {
    writer.uint32(10).fork().uint32(8).int64(refusals.count).uint32(18).string(refusals.message).ldelim();
  }
  return answer(200, encoding, writer.finish());
}

/**
 * A failure as google.rpc.Status in the request's own encoding. The status decides what the sender does: it sends again
 * after 429, 502, 503 and 504, and drops after everything else.
 */
export function refused(encoding: Encoding, failure: Failure): OtlpAnswer {
  const { status, code } = CODES[failure.kind];
  const message = `${failure.message} ${failure.hint}`;
  const body =
    encoding === 'json'
      ? Buffer.from(JSON.stringify({ code, message }))
      : protobuf.Writer.create().uint32(8).int32(code).uint32(18).string(message).finish();
  const retry: Record<string, string> =
    failure.retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(failure.retryAfter)) };
  return answer(status, encoding, body, retry);
}

/** HTTP status and code of google.rpc.Status. A store that fails for now is worth another try, a bug is not. */
const CODES: Readonly<Record<FailureKind, { readonly status: number; readonly code: number }>> = {
  'bad-input': { status: 400, code: 3 },
  unsupported: { status: 415, code: 3 },
  'too-large': { status: 413, code: 11 },
  'not-found': { status: 404, code: 5 },
  busy: { status: 429, code: 8 },
  unauthorized: { status: 401, code: 16 },
  refused: { status: 405, code: 12 },
  unreachable: { status: 503, code: 14 },
  'timed-out': { status: 503, code: 4 },
  misconfigured: { status: 503, code: 14 },
  internal: { status: 500, code: 13 },
};

function answer(
  status: number,
  encoding: Encoding,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): OtlpAnswer {
  const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf';
  return { status, headers: { 'content-type': type, 'content-length': String(body.length), ...headers }, body };
}
