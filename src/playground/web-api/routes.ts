import { z } from 'zod';
import { type Exchange, type Route, readBody, sendJson } from '../../http.ts';
import { answerFromApp } from '../people/answers.ts';
import type { OneTimeKeys } from '../socket/one-time-keys.ts';
import { Refusal } from './method.ts';
import { takeUpload } from './upload.ts';
import { answerWebApi, type WebApiOptions } from './web-api.ts';

const LARGEST_ANSWER = 1024 * 1024;

/** The addresses that the bot knows as Slack: the Web API, the place for uploads, and the `response_url`s. */
export function slackRoutes(
  options: WebApiOptions & { readonly keys: OneTimeKeys; readonly apiPath: string },
): readonly Route[] {
  const callApi = (exchange: Exchange) => answerWebApi(exchange, options);
  return [
    { method: 'POST', path: `${options.apiPath}:method`, handle: callApi },
    { method: 'GET', path: `${options.apiPath}:method`, handle: callApi },
    { method: 'POST', path: '/playground/slack/upload/:id', handle: (exchange) => takeUpload(exchange, options.site) },
    {
      method: 'POST',
      path: '/playground/slack/respond/:key',
      handle: (exchange) => respond(exchange, options),
    },
  ];
}

const objectSchema = z.record(z.string(), z.unknown());

/** A `response_url`: 200 `ok`, 404 once it is used up or too old, 400 for what no message may say. */
async function respond(exchange: Exchange, options: WebApiOptions & { readonly keys: OneTimeKeys }): Promise<void> {
  const { request, response, params } = exchange;
  const body = await readBody(request, LARGEST_ANSWER);
  const target = options.keys.spendResponse(params.key ?? '');
  if (typeof target === 'string') {
    sendJson(response, 404, { ok: false, error: target });
    return;
  }
  try {
    answerFromApp(objectSchema.parse(JSON.parse(body.toString('utf8'))), target, options.site);
    sendJson(response, 200, { ok: true });
  } catch (thrown) {
    const error = thrown instanceof Refusal ? thrown.error : 'invalid_payload';
    options.site.oddities.refusal('response_url', error);
    const messages = thrown instanceof Refusal ? thrown.messages : [];
    sendJson(response, 400, { ok: false, error, response_metadata: { messages } });
  }
}
