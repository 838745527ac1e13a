import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../../failure.ts';
import { FieldFailure } from '../door.ts';
import type { Grant, SlashCommand } from '../manifest.ts';
import type { OneTimeKeys } from '../socket/one-time-keys.ts';
import { commandPayload } from '../socket/payloads.ts';
import type { Receipt, SocketMode } from '../socket/socket-mode.ts';
import { escapeText, readSpeech } from '../socket/speech.ts';
import type { Site } from '../web-api/method.ts';
import type { Channel, Person } from '../workspace/identities.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { answerFromApp } from './answers.ts';

export const saySchema = z.object({
  channel: z.string().min(1),
  thread_ts: z.string().min(1).optional(),
  user: z.string().min(1),
  text: z.string().trim().min(1).max(12_000),
});
export type Saying = z.infer<typeof saySchema>;

/** Everything that people's acts touch. */
export type Stage = {
  readonly site: Site;
  readonly workspace: Workspace;
  readonly grant: Grant;
  readonly socket: SocketMode;
  readonly keys: OneTimeKeys;
};

export type Said =
  | { readonly ok: true; readonly channel: string; readonly ts: string; readonly thread_ts?: string }
  | { readonly ok: true; readonly channel: string; readonly command: string; readonly response: unknown };

/** Says something as a person: a message, or a slash command when it begins with one. */
export async function say(saying: Saying, stage: Stage): Promise<Said> {
  const channel = channelNamed(saying.channel, stage.workspace);
  const person = personNamed(saying.user, stage.workspace);
  const command = /^\/[A-Za-z][\w-]*/.exec(saying.text)?.[0];
  if (command !== undefined) return runCommand(command.toLowerCase(), saying, channel, person, stage);
  if (saying.thread_ts !== undefined) threadStart(saying.thread_ts, channel, stage.workspace);
  const message = stage.workspace.post({
    channel: channel.id,
    user: person.id,
    bot: false,
    clientMsgId: randomUUID(),
    ...readSpeech(saying.text, stage.workspace),
    ...(saying.thread_ts === undefined ? {} : { threadTs: saying.thread_ts }),
  });
  return {
    ok: true,
    channel: channel.id,
    ts: message.ts,
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
  };
}

async function runCommand(name: string, saying: Saying, channel: Channel, person: Person, stage: Stage): Promise<Said> {
  const known = stage.grant.commands.map((one) => one.command).join(', ');
  const command = stage.grant.commands.find((one) => one.command === name);
  if (command === undefined) {
    throw new FieldFailure('bad-input', 'text', `${name} is not a valid command.`, `Known here: ${known}.`);
  }
  if (saying.thread_ts !== undefined) {
    throw new FieldFailure(
      'bad-input',
      'thread_ts',
      `${name} is not supported in threads: slash commands cannot be used there.`,
      'Type it in the channel, or mention the bot in the thread.',
    );
  }
  const receipt = await stage.socket.ask('slash_commands', (origin) =>
    commandPayload({
      command,
      text: escapeText(saying.text.slice(name.length).trim()),
      channel,
      person,
      responseUrl: origin + stage.keys.responsePath({ channel: channel.id, person: person.id }),
      triggerId: stage.keys.trigger(),
    }),
  );
  const response = demand(receipt, command, channel, person, stage);
  answerFromApp(response, { channel: channel.id, person: person.id }, stage.site);
  return { ok: true, channel: channel.id, command: name, response: response ?? null };
}

/** The app's acknowledgement, or Slack's complaint, which the person sees in the channel too. */
function demand(receipt: Receipt, command: SlashCommand, channel: Channel, person: Person, stage: Stage): unknown {
  if (receipt.status === 'acknowledged') return receipt.payload;
  const error = receipt.status === 'timed-out' ? 'operation_timeout' : 'dispatch_failed';
  stage.workspace.post({
    channel: channel.id,
    user: stage.workspace.bot.id,
    bot: true,
    onlyFor: person.id,
    text: `${command.command} failed with the error "${error}"`,
  });
  throw unanswered(receipt.status, command.command);
}

export function unanswered(status: 'timed-out' | 'nobody-there', what: string): Failure {
  return status === 'timed-out'
    ? new Failure('timed-out', `The bot did not acknowledge ${what} in time (operation_timeout).`, 'Look at its log.')
    : new Failure(
        'unreachable',
        `No bot is connected to hear ${what} (dispatch_failed).`,
        'Start the bot, then try again.',
      );
}

export function channelNamed(reference: string, workspace: Workspace): Channel {
  const channel = workspace.channel(reference);
  if (channel !== undefined) return channel;
  const known = workspace.channels.map((one) => one.name).join(', ');
  throw new FieldFailure('not-found', 'channel', `channel: there is no "${reference}".`, `Known here: ${known}.`);
}

export function personNamed(reference: string, workspace: Workspace): Person {
  const person = workspace.person(reference);
  if (person === undefined && /^@?[\p{L}\p{N}][\p{L}\p{N} ._-]{0,79}$/u.test(reference))
    return workspace.welcome(reference);
  if (person !== undefined && !person.bot) return person;
  throw new FieldFailure(
    person === undefined ? 'bad-input' : 'refused',
    'user',
    person === undefined ? 'user: this is no name that a person could have.' : 'user: the bot speaks for itself.',
    'Use a name, or an id like U012AB3CD.',
  );
}

function threadStart(threadTs: string, channel: Channel, workspace: Workspace): void {
  const parent = workspace.message(channel.id, threadTs);
  if (parent !== undefined && parent.threadTs === undefined) return;
  throw new FieldFailure(
    'not-found',
    'thread_ts',
    `thread_ts: no thread starts with "${threadTs}" in #${channel.name}.`,
    'Use the ts of the first message of the thread.',
  );
}
