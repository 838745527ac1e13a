import { randomBytes } from 'node:crypto';
import type { ActionElement, Block } from '../block-kit/blocks.ts';
import type { SlashCommand } from '../manifest.ts';
import { APP, type Channel, type Person, TEAM } from '../workspace/identities.ts';
import type { StoredMessage } from '../workspace/message.ts';
import type { Wire } from '../workspace/wire.ts';

/** Slack's verification token: old, still in every payload, of no use. */
const TOKEN = 'playground-verification';

const code = (bytes: number): string => randomBytes(bytes).toString('hex').toUpperCase();

/**
 * The outer frame of an event. One saying may arrive in two frames with different `event_id`s (`message` and
 * `app_mention`), and one frame may arrive twice: an app must know both.
 */
export function eventFrame(event: Wire, at: number): Wire {
  return {
    token: TOKEN,
    team_id: TEAM.id,
    context_team_id: TEAM.id,
    context_enterprise_id: null,
    api_app_id: APP.id,
    event,
    type: 'event_callback',
    event_id: `Ev${code(5)}`,
    event_time: Math.floor(at / 1_000_000),
    authorizations: [
      { enterprise_id: null, team_id: TEAM.id, user_id: APP.userId, is_bot: true, is_enterprise_install: false },
    ],
    is_ext_shared_channel: false,
    event_context: `4-${code(8)}`,
  };
}

export function messageEvent(message: StoredMessage, wire: Wire): Wire {
  return { ...wire, channel: message.channel, event_ts: message.ts, channel_type: 'channel' };
}

export function mentionEvent(message: StoredMessage, wire: Wire): Wire {
  const { subtype: _, ...rest } = wire;
  return { ...rest, type: 'app_mention', channel: message.channel, event_ts: message.ts };
}

export function changedEvent(channel: string, after: Wire, before: Wire, eventTs: string): Wire {
  return {
    type: 'message',
    subtype: 'message_changed',
    message: after,
    previous_message: before,
    channel,
    hidden: true,
    ts: eventTs,
    event_ts: eventTs,
    channel_type: 'channel',
  };
}

export function deletedEvent(channel: string, before: Wire, eventTs: string): Wire {
  return {
    type: 'message',
    subtype: 'message_deleted',
    previous_message: before,
    channel,
    hidden: true,
    deleted_ts: before.ts,
    ts: eventTs,
    event_ts: eventTs,
    channel_type: 'channel',
  };
}

export function commandPayload(said: {
  readonly command: SlashCommand;
  readonly text: string;
  readonly channel: Channel;
  readonly person: Person;
  readonly responseUrl: string;
  readonly triggerId: string;
}): Wire {
  return {
    token: TOKEN,
    team_id: TEAM.id,
    team_domain: TEAM.domain,
    channel_id: said.channel.id,
    channel_name: said.channel.name,
    user_id: said.person.id,
    user_name: said.person.name,
    command: said.command.command,
    text: said.text,
    api_app_id: APP.id,
    is_enterprise_install: 'false',
    response_url: said.responseUrl,
    trigger_id: said.triggerId,
  };
}

export function clickPayload(click: {
  readonly message: StoredMessage;
  readonly wire: Wire;
  readonly block: Block;
  readonly element: ActionElement;
  readonly chosen?: string | undefined;
  readonly channel: Channel;
  readonly person: Person;
  readonly at: string;
  readonly responseUrl: string;
  readonly triggerId: string;
}): Wire {
  const { message, element, person, channel } = click;
  const whispered = message.onlyFor !== undefined;
  return {
    type: 'block_actions',
    user: { id: person.id, username: person.name, name: person.name, team_id: TEAM.id },
    api_app_id: APP.id,
    token: TOKEN,
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: whispered,
      ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    },
    trigger_id: click.triggerId,
    team: { id: TEAM.id, domain: TEAM.domain },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: channel.id, name: channel.name },
    // Slack does not show an app the ephemeral message that was clicked.
    ...(whispered ? {} : { message: click.wire }),
    state: { values: {} },
    response_url: click.responseUrl,
    actions: [{ ...action(element, click.chosen), block_id: click.block.block_id, action_ts: click.at }],
  };
}

function action(element: ActionElement, chosen: string | undefined): Wire {
  if (element.type === 'button') {
    const { confirm: _confirm, accessibility_label: _label, url: _url, ...rest } = element;
    return { ...rest, text: { ...element.text, emoji: element.text.emoji ?? true } };
  }
  const option = element.options.find((one) => one.value === chosen) ?? element.options[0];
  return { type: element.type, action_id: element.action_id, selected_option: option };
}
