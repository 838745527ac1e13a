import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import type { ThreadRef } from '../../src/model/investigation.ts';
import type { Message, Picture } from '../../src/model/message.ts';
import type { EpochMicros } from '../../src/model/units.ts';
import { MINUTE } from '../../src/model/units.ts';
import type { Chat } from '../../src/ports/chat.ts';

/** One message as people see it. */
export type Shown = {
  readonly ref: ThreadRef;
  /** Everything that is drawn, as one text. */
  readonly text: string;
  readonly pictures: readonly string[];
};

/** A chat with people in it. */
export type ChatBed = {
  readonly chat: Chat;
  /** A channel that is there and that nobody has spoken in. */
  readonly channel: string;
  now(): EpochMicros;
  /** The messages at the top of a channel, or those of a thread below its first, oldest first. */
  shown(where: { readonly channel: string; readonly thread?: ThreadRef }): Promise<readonly Shown[]>;
  /** Takes a message away as a person would. */
  remove(ref: ThreadRef): Promise<void>;
  dispose(): Promise<void>;
};

/** One pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const PICTURE: Picture = {
  png: PNG,
  width: 1,
  height: 1,
  filename: 'trace.png',
  title: 'The trace',
  alt: 'auth takes 2 s of 2.1 s',
};
const saying = (text: string): Message => ({ summary: text, parts: [{ kind: 'text', lines: [[text]] }] });

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof Failure) return thrown;
  throw new Error(`Expected a Failure, got ${thrown}`);
}

/** What every chat promises (`ports/chat.ts`). */
export function chatContract(name: string, makeBed: () => Promise<ChatBed>): void {
  describe(`${name} as a chat`, () => {
    let bed: ChatBed;
    beforeEach(async () => {
      bed = await makeBed();
    });
    afterEach(() => bed.dispose());

    test('opens a thread in a channel by name, with or without #', async () => {
      const one = await bed.chat.open(bed.channel, saying('one'), 'k1');
      const two = await bed.chat.open(`#${bed.channel}`, saying('two'), 'k2');
      const shown = await bed.shown({ channel: one.channel });
      expect(shown.map(({ ref }) => ref)).toEqual([one, two]);
      expect(shown.map(({ text }) => text)).toEqual([expect.stringContaining('one'), expect.stringContaining('two')]);
      expect((await bed.chat.open(one.channel, saying('three'), 'k3')).channel).toBe(one.channel);
    });

    test('edits a message in place', async () => {
      const ref = await bed.chat.open(bed.channel, saying('looking'), 'k1');
      await bed.chat.amend(ref, saying('found'));
      const shown = await bed.shown({ channel: ref.channel });
      expect(shown).toHaveLength(1);
      expect(shown[0]?.text).toContain('found');
      expect(shown[0]?.text).not.toContain('looking');
    });

    test('replies in the thread', async () => {
      const thread = await bed.chat.open(bed.channel, saying('card'), 'k1');
      const reply = await bed.chat.reply(thread, saying('a finding'), 'k2');
      expect((await bed.shown({ channel: thread.channel, thread })).map(({ ref }) => ref)).toEqual([reply]);
      expect(await bed.shown({ channel: thread.channel })).toHaveLength(1);
    });

    test('finds a message by its key, edited or not, and only that', async () => {
      const since = bed.now();
      await bed.chat.open(bed.channel, saying('another'), 'other');
      const card = await bed.chat.open(bed.channel, saying('card'), 'mine');
      await bed.chat.amend(card, saying('card, edited'));
      expect(await bed.chat.find({ channel: bed.channel }, 'mine', since)).toEqual(card);
      expect(await bed.chat.find({ channel: bed.channel }, 'min', since)).toBeUndefined();
      expect(await bed.chat.find({ channel: bed.channel }, 'mine', bed.now() + 60 * MINUTE)).toBeUndefined();
    });

    test('finds a reply in its thread', async () => {
      const since = bed.now();
      const thread = await bed.chat.open(bed.channel, saying('card'), 'card');
      const reply = await bed.chat.reply(thread, saying('finding'), 'finding');
      expect(await bed.chat.find({ channel: thread.channel, thread }, 'finding', since)).toEqual(reply);
      expect(await bed.chat.find({ channel: thread.channel, thread }, 'nothing', since)).toBeUndefined();
    });

    test('finds a message among many', async () => {
      const since = bed.now();
      const card = await bed.chat.open(bed.channel, saying('card'), 'mine');
      for (let index = 0; index < 250; index += 1) {
        await bed.chat.open(bed.channel, saying(`noise ${index}`), `noise-${index}`);
      }
      expect(await bed.chat.find({ channel: bed.channel }, 'mine', since)).toEqual(card);
    });

    test('shows a picture in a message as soon as it is uploaded', async () => {
      const file = await bed.chat.upload(PICTURE);
      const message: Message = {
        summary: 'The verdict.',
        parts: [{ kind: 'picture', file, alt: PICTURE.alt }],
      };
      const card = await bed.chat.open(bed.channel, saying('looking'), 'k1');
      await bed.chat.amend(card, message);
      const [shown] = await bed.shown({ channel: card.channel });
      expect(shown?.pictures).toEqual([PICTURE.alt]);
    });

    test('says a failure where there is no such channel', async () => {
      const failure = await failureOf(bed.chat.open('no-such-channel', saying('card'), 'k1'));
      expect(failure.kind).toBe('not-found');
      expect(failure.hint).not.toBe('');
    });

    test('says a failure, and leaves nothing in the channel, where the thread is gone', async () => {
      const thread = await bed.chat.open(bed.channel, saying('card'), 'k1');
      await bed.remove(thread);
      expect((await failureOf(bed.chat.reply(thread, saying('finding'), 'k2'))).kind).toBe('not-found');
      expect(await bed.shown({ channel: thread.channel })).toEqual([]);
      expect((await failureOf(bed.chat.amend(thread, saying('edit')))).kind).toBe('not-found');
    });

    test('shows data as it is, never as a command', async () => {
      const nasty = '<!channel> <@U0PERSON1> *bold* `x` & שלום 👩‍👩‍👧';
      const ref = await bed.chat.open(bed.channel, saying(nasty), 'k1');
      const [shown] = await bed.shown({ channel: ref.channel });
      expect(shown?.text).not.toMatch(/<!channel>|<@/);
      expect(shown?.text).toContain('שלום 👩‍👩‍👧');
    });

    test('takes a message of any length', async () => {
      const lines = Array.from({ length: 2_000 }, (_, index) => [`line ${index} & more`]);
      const message: Message = { summary: 's'.repeat(50_000), parts: [{ kind: 'text', lines }] };
      const ref = await bed.chat.open(bed.channel, message, 'k1');
      await bed.chat.amend(ref, message);
      expect((await bed.shown({ channel: ref.channel }))[0]?.text).toContain('line 0');
    });

    test('links to a message', async () => {
      const ref = await bed.chat.open(bed.channel, saying('card'), 'k1');
      expect(await bed.chat.permalink(ref)).toMatch(/^https?:\/\//);
      expect(await bed.chat.permalink({ channel: ref.channel, ts: '1000000000.000001' })).toBeUndefined();
    });
  });
}
