import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { Failure, type FailureKind } from '../failure.ts';

type Told = readonly [kind: FailureKind, message: string, hint: string];

const REINSTALL = 'Install the app again from manifest.yml and set the new SLACK_BOT_TOKEN.';
const INVITE = 'Invite the bot there with /invite, or name another channel in causeway.yml.';
const REPORT = 'This is a bug in Causeway: please report it with the log line.';

/** Slack's error codes that a person can do something about (docs.slack.dev/reference/methods), each with what to do. */
const CODES: Readonly<Record<string, Told>> = {
  not_in_channel: ['misconfigured', 'The bot is not in the channel.', INVITE],
  channel_not_found: ['not-found', 'Slack knows no such channel, or the bot may not see it.', INVITE],
  is_archived: ['refused', 'The channel is archived.', 'Unarchive it, or name another channel in causeway.yml.'],
  restricted_action: [
    'refused',
    'A setting of the workspace keeps the bot from doing this.',
    'Ask an administrator of the workspace to let the bot post there.',
  ],
  ekm_access_denied: ['refused', 'The workspace has suspended this by its encryption keys.', 'Ask an administrator.'],
  invalid_auth: ['unauthorized', 'Slack does not accept the token.', 'Check SLACK_BOT_TOKEN and SLACK_APP_TOKEN.'],
  not_authed: ['unauthorized', 'No token reached Slack.', 'Set SLACK_BOT_TOKEN.'],
  token_revoked: ['unauthorized', 'The token was revoked.', REINSTALL],
  token_expired: ['unauthorized', 'The token has expired.', `Switch token rotation off. ${REINSTALL}`],
  account_inactive: ['unauthorized', 'The app was removed from the workspace.', REINSTALL],
  not_allowed_token_type: [
    'unauthorized',
    'Slack wants another kind of token for this.',
    'SLACK_BOT_TOKEN begins with xoxb-, SLACK_APP_TOKEN with xapp-.',
  ],
  msg_too_long: ['too-large', 'The text is longer than Slack takes.', REPORT],
  msg_blocks_too_long: ['too-large', 'The blocks are longer than Slack takes.', REPORT],
  invalid_blocks: ['bad-input', 'Slack does not accept the blocks of the message.', REPORT],
  invalid_blocks_format: ['bad-input', 'Slack does not accept the blocks of the message.', REPORT],
  message_not_found: ['not-found', 'The message is no longer there.', 'Somebody deleted it; nothing can be done.'],
  thread_not_found: ['not-found', 'The thread is no longer there.', 'Somebody deleted it; ask again in the channel.'],
  cant_update_message: ['refused', 'Only the app that posted a message may edit it.', 'Was the app installed anew?'],
  edit_window_closed: ['refused', 'The workspace lets nobody edit old messages.', 'Nothing to do.'],
  file_uploads_disabled: ['refused', 'The workspace takes no files.', 'Ask an administrator to allow files for apps.'],
  file_type_not_allowed: ['refused', 'The workspace takes no pictures.', 'Ask an administrator to allow PNG files.'],
  storage_limit_reached: ['refused', 'The workspace has no room for files left.', 'Make room in Slack.'],
  method_not_supported_for_channel_type: ['unsupported', 'Slack has no such thing in this kind of channel.', INVITE],
};

/** Answers after which the act may or may not have happened: Slack fell over while doing it. */
const DOUBTFUL = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout']);
const LIMITED = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded', 'team_added_to_org']);

/**
 * What the Web API threw, as a `Failure`. Two kinds mean doubt (`isDoubt`): the request left us and its answer never came
 * or made no sense. Every other kind means that Slack refused, so that nothing happened.
 */
export function slackFailure(method: string, thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const options = { cause: thrown };
  if (thrown instanceof WebAPIRateLimitedError) return limited(method, thrown.retryAfter, thrown);
  if (thrown instanceof WebAPIPlatformError) return platformFailure(method, thrown);
  if (thrown instanceof WebAPIHTTPError) {
    const hint = 'Look at status.slack.com, or at the server behind SLACK_API_URL; it is tried again.';
    return new Failure('unreachable', `Slack answered ${method} with status ${thrown.statusCode}.`, hint, options);
  }
  const origin = thrown instanceof WebAPIRequestError ? thrown.original : thrown;
  if (origin instanceof Error && (origin.name === 'TimeoutError' || origin.name === 'AbortError')) {
    const hint = 'It is tried again; if it keeps happening, look at the network of the bot.';
    return new Failure('timed-out', `Slack did not answer ${method} in time.`, hint, options);
  }
  const hint = 'Check the network of the bot, its proxy, and SLACK_API_URL where it is set.';
  return new Failure('unreachable', `Slack could not be reached for ${method}.`, hint, options);
}

/** Whether the act behind the failure may have happened all the same. */
export function isDoubt(failure: Failure): boolean {
  return failure.kind === 'unreachable' || failure.kind === 'timed-out';
}

function limited(method: string, retryAfter: number | undefined, cause: unknown): Failure {
  return new Failure('busy', `Slack asks to slow down (${method}).`, 'Nothing to do: it is tried again later.', {
    cause,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

function platformFailure(method: string, thrown: WebAPIPlatformError): Failure {
  const { data } = thrown;
  const code = data.error;
  const options = { cause: thrown };
  if (code === 'missing_scope') {
    const scope = 'needed' in data && typeof data.needed === 'string' ? data.needed : 'a scope';
    const hint = `Add ${scope} under OAuth & Permissions (manifest.yml has it) and install the app again.`;
    return new Failure('misconfigured', `The bot lacks ${scope}, which ${method} needs.`, hint, options);
  }
  if (LIMITED.has(code)) return limited(method, data.response_metadata?.retryAfter, thrown);
  // A proxy's page or a body that was cut arrives as its own text where a code should be.
  if (DOUBTFUL.has(code) || !/^[a-z0-9_]{1,80}$/.test(code)) {
    const hint = 'Look at status.slack.com, or at the server behind SLACK_API_URL; it is tried again.';
    return new Failure('unreachable', `Slack gave no sensible answer to ${method}.`, hint, options);
  }
  const [kind, message, hint] = CODES[code] ?? ['refused', 'Slack refused.', `Look up the code at docs.slack.dev.`];
  return new Failure(kind, `${message} (${method}: ${code})`, hint, options);
}

/** Slack's own code behind a failure, as `not_in_channel`; undefined when Slack did not give one. */
export function slackCode(failure: Failure): string | undefined {
  return failure.cause instanceof WebAPIPlatformError ? failure.cause.data.error : undefined;
}
