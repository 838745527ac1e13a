/** What went wrong in one word, for code that must tell failures apart. */
export type FailureKind =
  | 'bad-input'
  | 'unauthorized'
  | 'not-found'
  | 'too-large'
  | 'busy'
  | 'unreachable'
  | 'timed-out'
  | 'refused'
  | 'misconfigured'
  | 'unsupported'
  | 'internal';

/**
 * An error that tells its reader what to do. `message` says what happened, `hint` the next step; both are safe to show:
 * no secret, no payload, no personal attribute.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  readonly hint: string;
  /** Seconds after which trying again makes sense, where the other side said so. */
  readonly retryAfter: number | undefined;

  constructor(
    kind: FailureKind,
    message: string,
    hint: string,
    options: { cause?: unknown; retryAfter?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.hint = hint;
    this.retryAfter = options.retryAfter;
  }

  /** Whether the same request may succeed later. */
  get retryable(): boolean {
    return this.kind === 'busy' || this.kind === 'unreachable' || this.kind === 'timed-out' || this.kind === 'internal';
  }

  static from(thrown: unknown): Failure {
    if (thrown instanceof Failure) return thrown;
    if (thrown instanceof Error && thrown.name === 'AbortError') {
      return new Failure(
        'timed-out',
        'The work was stopped before it was done.',
        'Ask again; if it keeps happening, look at the load of the bot.',
        { cause: thrown },
      );
    }
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new Failure(
      'internal',
      `Something unexpected happened: ${message}`,
      'This is a bug in Causeway: please report it with the log line.',
      { cause: thrown },
    );
  }
}
