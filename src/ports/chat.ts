import type { ThreadRef } from '../model/investigation.ts';
import type { Message, Picture, PictureRef } from '../model/message.ts';
import type { EpochMicros } from '../model/units.ts';

/**
 * Where people are. Every outward act carries a key that lives in the message itself, so that after a crash or a doubtful
 * answer the channel can be asked whether it happened. None of these retries by itself: a doubt is thrown as a `Failure`.
 */
export interface Chat {
  /** Posts a message that starts a thread. `channel` is an id or a name without `#`. */
  open(channel: string, message: Message, key: string): Promise<ThreadRef>;
  amend(ref: ThreadRef, message: Message): Promise<void>;
  reply(thread: ThreadRef, message: Message, key: string): Promise<ThreadRef>;
  /** Stores a picture, ready to stand in a message. */
  upload(picture: Picture): Promise<PictureRef>;
  /** The message that carries the key, if one was posted after `since` in the channel (or in the thread). */
  find(
    where: { readonly channel: string; readonly thread?: ThreadRef },
    key: string,
    since: EpochMicros,
  ): Promise<ThreadRef | undefined>;
  permalink(ref: ThreadRef): Promise<string | undefined>;
}
