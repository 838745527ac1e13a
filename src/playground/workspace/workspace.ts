import type { Clock } from '../../ports/clock.ts';
import type { Archive } from './archive.ts';
import { APP, type Channel, channelId, PEOPLE, type Person, personId } from './identities.ts';
import type { Draft, StoredMessage } from './message.ts';
import { nextTs } from './timestamp.ts';

/** What happened to a message; `before` is missing when it is new, `after` when it is gone. */
export type Change = {
  readonly channel: string;
  readonly ts: string;
  readonly before?: StoredMessage;
  readonly after?: StoredMessage;
};

export type WorkspaceOptions = {
  readonly archive: Archive;
  readonly clock: Clock;
  readonly botName: string;
  readonly channels: readonly Omit<Channel, 'id'>[];
  /** Messages kept in each channel, replies counted. */
  readonly keepMessages: number;
};

const KEEP_WHISPERS = 100;
const KEEP_GUESTS = 200;

/** Channels, people and what was said: the state of the playground, in memory for reading and in the archive for good. */
export class Workspace {
  readonly bot: Person;
  readonly #archive: Archive;
  readonly #clock: Clock;
  readonly #keep: number;
  readonly #listeners = new Set<(change: Change) => void>();
  /** By channel, then by `ts`, oldest first: `ts` only grows and a map keeps the order of insertion. */
  readonly #said = new Map<string, Map<string, StoredMessage>>();
  /** Messages for one person's eyes; not archived, as Slack's are not. */
  readonly #whispers: StoredMessage[] = [];
  #channels: readonly Channel[];
  #guests: readonly Person[] = [];
  #latestTs: string;

  constructor(options: WorkspaceOptions) {
    this.#archive = options.archive;
    this.#clock = options.clock;
    this.#keep = options.keepMessages;
    this.#channels = options.channels.map((channel) => ({ ...channel, id: channelId(channel.name) }));
    this.bot = { id: APP.userId, name: options.botName.toLowerCase(), realName: options.botName, bot: true };
    this.#latestTs = this.#archive.latestTs() ?? '0.000000';
    for (const channel of this.channels) this.#said.set(channel.id, new Map());
    for (const message of this.#archive.messages()) this.#said.get(message.channel)?.set(message.ts, message);
  }

  get people(): readonly Person[] {
    return [...PEOPLE, ...this.#guests, this.bot];
  }

  get channels(): readonly Channel[] {
    return this.#channels;
  }

  /** Puts the bot into a channel. */
  join(id: string): void {
    this.#channels = this.#channels.map((channel) => (channel.id === id ? { ...channel, joined: true } : channel));
  }

  /** By id or by name, with or without `#`. */
  channel(reference: string): Channel | undefined {
    const name = reference.replace(/^#/, '');
    return this.channels.find((channel) => channel.id === reference || channel.name === name);
  }

  /** By id, handle or full name, with or without `@`, in any case. */
  person(reference: string): Person | undefined {
    const name = reference.replace(/^@/, '').toLowerCase();
    return this.people.find((one) => one.id === reference || one.name === name || one.realName.toLowerCase() === name);
  }

  /** Somebody who was not here before walks in, under the id or the name they come with; the earliest guests are forgotten. */
  welcome(reference: string): Person {
    const name = reference.replace(/^@/, '');
    const guest = {
      id: /^[UW][A-Z0-9]{2,}$/.test(name) ? name : personId(name),
      name: name.toLowerCase(),
      realName: name,
      bot: false,
    };
    this.#guests = [...this.#guests, guest].slice(-KEEP_GUESTS);
    return guest;
  }

  /** A `ts` that nothing else has or will have. */
  stamp(): string {
    this.#latestTs = nextTs(this.#clock.now(), this.#latestTs);
    return this.#latestTs;
  }

  post(draft: Draft): StoredMessage {
    const message: StoredMessage = { ...draft, ts: this.stamp() };
    if (message.onlyFor === undefined) {
      this.#archive.saveMessage(message, this.#latestTs);
      this.#said.get(message.channel)?.set(message.ts, message);
      this.#forgetOldest(message.channel);
    } else {
      this.#whispers.push(message);
      if (this.#whispers.length > KEEP_WHISPERS) this.#whispers.shift();
    }
    this.#tell({ channel: message.channel, ts: message.ts, after: message });
    return message;
  }

  /** Puts another message in the place of one that is there. */
  replace(before: StoredMessage, after: StoredMessage): StoredMessage {
    if (before.onlyFor === undefined) {
      this.#archive.saveMessage(after, this.#latestTs);
      this.#said.get(before.channel)?.set(before.ts, after);
    } else {
      const at = this.#whispers.findIndex((one) => one.ts === before.ts);
      if (at >= 0) this.#whispers[at] = after;
    }
    this.#tell({ channel: before.channel, ts: before.ts, before, after });
    return after;
  }

  remove(message: StoredMessage): void {
    if (message.onlyFor === undefined) {
      this.#archive.dropMessages([message]);
      this.#said.get(message.channel)?.delete(message.ts);
    } else {
      const at = this.#whispers.findIndex((one) => one.ts === message.ts);
      if (at >= 0) this.#whispers.splice(at, 1);
    }
    this.#tell({ channel: message.channel, ts: message.ts, before: message });
  }

  message(channel: string, ts: string): StoredMessage | undefined {
    return this.#said.get(channel)?.get(ts);
  }

  whisper(channel: string, ts: string): StoredMessage | undefined {
    return this.#whispers.find((one) => one.channel === channel && one.ts === ts);
  }

  whispers(channel: string): readonly StoredMessage[] {
    return this.#whispers.filter((one) => one.channel === channel);
  }

  /** Everything said in a channel, replies too, oldest first. */
  said(channel: string): readonly StoredMessage[] {
    return [...(this.#said.get(channel)?.values() ?? [])];
  }

  replies(channel: string, threadTs: string): readonly StoredMessage[] {
    return this.said(channel).filter((message) => message.threadTs === threadTs);
  }

  /** Calls back after every change until the answer is called. */
  watch(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Drops whole threads, oldest first, until the channel is small enough again. */
  #forgetOldest(channel: string): void {
    const said = this.#said.get(channel);
    if (said === undefined || said.size <= this.#keep) return;
    const oldest = [...said.values()].find((message) => message.threadTs === undefined);
    if (oldest === undefined) return;
    const thread = [oldest, ...this.replies(channel, oldest.ts)];
    this.#archive.dropMessages(thread);
    for (const message of thread) {
      said.delete(message.ts);
      this.#tell({ channel, ts: message.ts, before: message });
    }
  }
}
