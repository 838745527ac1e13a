import { z } from 'zod';
import { Failure } from '../failure.ts';
import { SECOND } from '../model/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { CallSlack } from './web-api.ts';

/** A channel's own id: Slack's names are lower-case, so no name looks like one. */
const CHANNEL_ID = /^[CDG][A-Z0-9]{2,}$/;

const PAGE = 200;
/** A workspace larger than this many channels needs ids in its config. */
const MAX_PAGES = 50;
/** How long "there is no such channel" is believed, so that a wrong name in the config does not list the workspace every time. */
const BELIEVE_MISSING = 60 * SECOND;

const page = z.object({
  channels: z.array(z.object({ id: z.string(), name: z.string().optional() })),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

export type Channels = {
  /** The id of a channel given by id or by name, with or without `#`. Throws a `Failure` of kind `not-found`. */
  idOf(channel: string): Promise<string>;
  /** Forgets a name whose channel turned out to be gone, so that the next call looks it up anew. */
  forget(channel: string): void;
};

/** Resolves names by conversations.list. One listing serves everybody who waits for it. */
export function channels(call: CallSlack, clock: Clock): Channels {
  let ids: ReadonlyMap<string, string> = new Map();
  let listedAt = Number.NEGATIVE_INFINITY;
  let listing: Promise<ReadonlyMap<string, string>> | undefined;
  const forgotten = new Set<string>();

  async function refresh(): Promise<void> {
    listing ??= list(call);
    try {
      ids = await listing;
      listedAt = clock.now();
      forgotten.clear();
    } finally {
      listing = undefined;
    }
  }

  return {
    async idOf(channel) {
      const name = channel.replace(/^#/, '');
      if (CHANNEL_ID.test(name)) return name;
      const known = () => (forgotten.has(name) ? undefined : ids.get(name.toLowerCase()));
      const isStale = forgotten.has(name) || clock.now() - listedAt > BELIEVE_MISSING;
      if (known() === undefined && isStale) await refresh();
      const id = known();
      if (id !== undefined) return id;
      throw new Failure(
        'not-found',
        `There is no channel #${name} that the bot can see.`,
        'Check the name in causeway.yml; invite the bot with /invite where the channel is private.',
      );
    },
    forget(channel) {
      if (ids.size > 0 && !CHANNEL_ID.test(channel)) forgotten.add(channel.replace(/^#/, ''));
    },
  };
}

async function list(call: CallSlack): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  let cursor: string | undefined;
  for (let read = 0; read < MAX_PAGES; read += 1) {
    const answer = await call(
      'conversations.list',
      { types: 'public_channel,private_channel', exclude_archived: true, limit: PAGE, cursor },
      page,
    );
    for (const { id, name } of answer.channels) {
      if (name !== undefined && !found.has(name)) found.set(name, id);
    }
    cursor = answer.response_metadata?.next_cursor || undefined;
    if (cursor === undefined) break;
  }
  return found;
}
