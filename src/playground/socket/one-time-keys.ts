import { randomBytes } from 'node:crypto';

/** Where the answers to one command or click go. */
export type ResponseTarget = {
  readonly channel: string;
  readonly person: string;
  /** The message that was clicked; missing for a command. */
  readonly messageTs?: string;
  readonly threadTs?: string;
};

const RESPONSE_USES = 5;
const RESPONSE_LIFE_MS = 30 * 60_000;
const TRIGGER_LIFE_MS = 3_000;
const KEEP = 500;

/** The keys that come with commands and clicks: a `response_url` for half an hour and five uses, a `trigger_id` for three seconds and one. */
export class OneTimeKeys {
  readonly #responses = new Map<string, { readonly target: ResponseTarget; left: number; readonly expires: number }>();
  readonly #triggers = new Map<string, { used: boolean; readonly expires: number }>();

  /** The path of a new `response_url`. */
  responsePath(target: ResponseTarget): string {
    const key = randomBytes(12).toString('hex');
    this.#responses.set(key, { target, left: RESPONSE_USES, expires: Date.now() + RESPONSE_LIFE_MS });
    forgetOldest(this.#responses);
    return `/playground/slack/respond/${key}`;
  }

  spendResponse(key: string): ResponseTarget | 'expired_url' | 'used_url' {
    const entry = this.#responses.get(key);
    if (entry === undefined || entry.expires < Date.now()) return 'expired_url';
    if (entry.left < 1) return 'used_url';
    entry.left -= 1;
    return entry.target;
  }

  trigger(): string {
    const id = `${Date.now()}.${randomBytes(4).readUInt32BE()}.${randomBytes(12).toString('hex')}`;
    this.#triggers.set(id, { used: false, expires: Date.now() + TRIGGER_LIFE_MS });
    forgetOldest(this.#triggers);
    return id;
  }

  spendTrigger(id: string): 'ok' | 'expired_trigger_id' | 'invalid_trigger_id' | 'exchanged_trigger_id' {
    const entry = this.#triggers.get(id);
    if (entry === undefined) return 'invalid_trigger_id';
    if (entry.used) return 'exchanged_trigger_id';
    if (entry.expires < Date.now()) return 'expired_trigger_id';
    entry.used = true;
    return 'ok';
  }
}

function forgetOldest(entries: Map<string, unknown>): void {
  for (const key of entries.keys()) {
    if (entries.size <= KEEP) return;
    entries.delete(key);
  }
}
