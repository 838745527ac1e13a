import { z } from 'zod';
import type { ChatConfig } from '../config.ts';
import { Failure } from '../failure.ts';
import { type Clock, systemClock } from '../ports/clock.ts';
import { channels } from '../slack/channels.ts';
import { SCOPES } from '../slack/scopes.ts';
import { type CallSlack, webApi } from '../slack/web-api.ts';
import { type Check, type Finding, failed, ok, warning } from './check.ts';

type Access = Extract<ChatConfig, { kind: 'slack' }>;

const Identity = z.object({
  user: z.string().optional(),
  team: z.string().optional(),
  /** The client takes them from the header `x-oauth-scopes`. */
  response_metadata: z.object({ scopes: z.array(z.string()).optional() }).optional(),
});
const Door = z.object({ url: z.string() });
const Info = z.object({
  channel: z.object({
    name: z.string().optional(),
    is_member: z.boolean().optional(),
    is_private: z.boolean().optional(),
    is_archived: z.boolean().optional(),
  }),
});

/** What the doctor says to Slack's client, which would log what the finding says anyway. */
export type Calls = { readonly bot: CallSlack; readonly app: CallSlack | undefined };

export function slackCalls(access: Access, logger: Parameters<typeof webApi>[0]['logger']): Calls {
  const common = { apiUrl: access.apiUrl, logger, patienceMs: 5_000 };
  return {
    bot: webApi({ ...common, token: access.botToken }),
    app: access.mode === 'socket' ? webApi({ ...common, token: access.appToken }) : undefined,
  };
}

/** The bot's token and the scopes that `manifest.yml` asks for. */
export function tokenCheck({ bot }: Calls): Check {
  return {
    name: 'Slack token',
    standing: true,
    async look() {
      const identity = await bot('auth.test', {}, Identity);
      const who = `${identity.user ?? 'the bot'} in ${identity.team ?? 'its workspace'}`;
      return [ok('Slack token', who), scopesOf(identity)];
    },
  };
}

function scopesOf({ response_metadata }: z.output<typeof Identity>): Finding {
  const granted = response_metadata?.scopes?.filter((scope) => scope !== '');
  if (granted === undefined || granted.length === 0)
    return warning('Slack scopes', 'Slack does not say which there are', 'Compare them with manifest.yml by eye.');
  const lacking = SCOPES.filter((scope) => !granted.includes(scope));
  if (lacking.length === 0) return ok('Slack scopes', `all ${SCOPES.length} of manifest.yml`);
  return {
    name: 'Slack scopes',
    status: 'failed',
    detail: `The token lacks ${lacking.join(', ')}.`,
    hint: 'Add them under OAuth & Permissions (manifest.yml has them) and install the app again.',
  };
}

/** A bot that runs has its own way in, and need not try another. */
export const EVENTS = 'Slack events';

/** How events come in: Socket Mode is tried, the signing secret of HTTP mode can only be tried by Slack. */
export function eventsCheck({ app }: Calls): Check {
  const name = EVENTS;
  return {
    name,
    standing: false,
    async look() {
      if (app === undefined) return [ok(name, 'over HTTP at /slack/events; only Slack can try SLACK_SIGNING_SECRET')];
      try {
        await app('apps.connections.open', {}, Door);
        return [ok(name, 'over Socket Mode')];
      } catch (thrown) {
        const { kind, message, hint } = Failure.from(thrown);
        if (kind !== 'unauthorized') throw thrown;
        throw new Failure(
          kind,
          `SLACK_APP_TOKEN opens no Socket Mode: ${message}`,
          `${hint} It needs the scope connections:write.`,
        );
      }
    },
  };
}

/** Whether each channel that the configuration names is there and the bot may post in it. */
export function channelsCheck({ bot }: Calls, names: readonly string[], clock: Clock = systemClock): Check {
  const name = 'Slack channels';
  return {
    name,
    standing: false,
    async look() {
      const known = channels(bot, clock);
      const findings: Finding[] = [];
      for (const channel of new Set(names.map((given) => given.replace(/^#/, '')))) {
        try {
          findings.push(await channelFinding(bot, channel, await known.idOf(channel)));
        } catch (thrown) {
          findings.push(failed(`#${channel}`, thrown));
        }
      }
      return findings;
    },
  };
}

async function channelFinding(call: CallSlack, channel: string, id: string): Promise<Finding> {
  const name = `#${channel}`;
  const { is_member, is_private, is_archived } = (await call('conversations.info', { channel: id }, Info)).channel;
  if (is_archived === true)
    return failed(name, new Failure('refused', 'It is archived.', 'Unarchive it, or name another in causeway.yml.'));
  if (is_member === true) return ok(name, 'the bot is a member');
  if (is_private === true)
    return failed(name, new Failure('misconfigured', 'The bot is not a member.', `Type /invite @causeway in ${name}.`));
  return ok(name, 'public; the bot joins with its first card');
}
