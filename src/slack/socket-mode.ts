import { setTimeout as sleep } from 'node:timers/promises';
import { SocketModeReceiver } from '@slack/bolt';
import { Failure } from '../failure.ts';
import type { Log } from '../ports/log.ts';
import { boltLogger, redacted } from './bolt-logger.ts';
import { slackFailure } from './failures.ts';
import type { Transport } from './transport.ts';
import { clientOptions } from './web-api.ts';

export type SocketModeOptions = {
  readonly appToken: string;
  readonly apiUrl?: string | undefined;
  readonly log: Log;
  /** From asking for an address to Slack's hello. */
  readonly connectMs?: number;
};

const CONNECT_MS = 15_000;
/** Pauses before the first, second, … attempt to come back; the last is repeated. Slack asks for a new socket every few hours, hence the short first one. */
const PAUSES_MS = [50, 1_000, 2_000, 5_000, 10_000, 30_000] as const;
const CLOSE_MS = 1_000;

/**
 * Events over a socket that we open, so that nobody needs to reach us. Keeping it open is our own work here, for the
 * client's way of coming back waits 5 s even when Slack only moves the socket, and in version 3.1 ends the process with an
 * unhandled rejection when the network is down at that moment or the token was revoked.
 *
 * ```
 *   start ─▶ connect ─▶ hello ─▶ … events … ─▶ disconnected ─▶ pause ─▶ connect ─▶ … until stop
 *                 └─ refused: start throws          ▲                        │ refused: warn
 *                                                   └────────────────────────┘
 * ```
 */
export function socketMode(options: SocketModeOptions): Transport {
  const logger = boltLogger(options.log);
  const receiver = new SocketModeReceiver({
    appToken: options.appToken,
    logger,
    autoReconnectEnabled: false,
    installerOptions: { clientOptions: clientOptions({ apiUrl: options.apiUrl, logger }) },
  });
  const { client } = receiver;
  shield(receiver, options.log);
  const stopping = new AbortController();

  async function connect(): Promise<void> {
    const timer = new AbortController();
    const late = sleep(options.connectMs ?? CONNECT_MS, undefined, { signal: timer.signal }).then(() => {
      throw new Failure('timed-out', 'Slack did not open a socket in time.', 'It is tried again; look at the network.');
    });
    try {
      await Promise.race([client.start(), late]);
    } catch (thrown) {
      client.websocket?.disconnect();
      throw slackFailure('apps.connections.open', thrown);
    } finally {
      timer.abort();
      late.catch(() => {});
    }
  }

  async function comeBack(): Promise<void> {
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      const pause = PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)];
      try {
        await sleep(pause, undefined, { signal: stopping.signal });
        await connect();
        options.log.info({ part: 'slack', attempt }, 'The socket to Slack is open again.');
        return;
      } catch (thrown) {
        if (stopping.signal.aborted) return;
        const failure = Failure.from(thrown);
        options.log.warn(
          { part: 'slack', attempt, kind: failure.kind },
          redacted(`${failure.message} ${failure.hint}`),
        );
      }
    }
  }

  return {
    receiver,
    routes: [],
    async start() {
      await connect();
      let isComingBack = false;
      client.on('disconnected', () => {
        if (isComingBack || stopping.signal.aborted) return;
        isComingBack = true;
        void comeBack().finally(() => {
          isComingBack = false;
        });
      });
    },
    async stop() {
      stopping.abort();
      if (client.websocket === undefined) return;
      const closed = client.disconnect();
      await Promise.race([closed, sleep(CLOSE_MS)]);
      // A second call ends a socket whose other side does not answer the first.
      client.websocket?.disconnect();
    },
  };
}

/**
 * The client reads `payload.event.type` of every event without looking, and some, as `app_rate_limited`, have no event:
 * its handler then rejects where nobody listens, which ends the process. This catches it.
 */
function shield({ client }: SocketModeReceiver, log: Log): void {
  const handlers = client.listeners('ws_message');
  client.removeAllListeners('ws_message');
  client.on('ws_message', async (...message) => {
    try {
      for (const handle of handlers) await handle(...message);
    } catch (thrown) {
      log.warn({ part: 'slack' }, redacted(`A message of Slack could not be read: ${Failure.from(thrown).message}`));
    }
  });
}
