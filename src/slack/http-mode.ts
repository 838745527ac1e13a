import { HTTPReceiver } from '@slack/bolt';
import type { Exchange } from '../http.ts';
import type { Log } from '../ports/log.ts';
import { boltLogger } from './bolt-logger.ts';
import type { Transport } from './transport.ts';

const PATH = '/slack/events';
/** Slack's largest payloads, views with their state, stay below 250 KB. */
const BODY_LIMIT = 1024 * 1024;

/**
 * Events as signed requests to `POST /slack/events` on our own server: Bolt checks the signature and its age (401), reads
 * the body, and answers. While stopping it says 503, so that Slack sends the event again to whoever runs next.
 */
export function httpMode(options: { readonly signingSecret: string; readonly log: Log }): Transport {
  const receiver = new HTTPReceiver({
    signingSecret: options.signingSecret,
    endpoints: [PATH],
    bodyLimit: BODY_LIMIT,
    logger: boltLogger(options.log),
  });
  let isOpen = false;
  const handle = ({ request, response }: Exchange) => {
    if (isOpen) return receiver.requestListener(request, response);
    response.writeHead(503, { 'retry-after': '5', connection: 'close' });
    response.end();
  };
  return {
    receiver,
    routes: [{ method: 'POST', path: PATH, handle }],
    async start() {
      isOpen = true;
    },
    async stop() {
      isOpen = false;
    },
  };
}
