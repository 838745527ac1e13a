import { createServer } from 'node:http';
import type { Trigger } from '../../src/model/investigation.ts';
import type { Acceptance } from '../../src/ports/intake.ts';
import type { Question, Questions } from '../../src/ports/questions.ts';
import { createSlackApp, type SlackApp } from '../../src/slack/app.ts';
import { keptLog } from './log.ts';
import { listen, type StandIn, signed, standIn } from './stand-in.ts';

export const SECRET = 'signing-secret-of-a-test';
type Asked = Exclude<Trigger, { kind: 'alert' }>;

/** What Slack got back: in HTTP the response, over the socket the acknowledgement's payload. */
export type Acked = { readonly status: number; readonly body: Record<string, unknown> | undefined };
export type Kind = 'events_api' | 'slash_commands' | 'interactive';

/** The whole app before a stand-in of Slack, with an intake and questions that the test decides. */
export type Rig = {
  readonly slack: StandIn;
  readonly app: SlackApp;
  readonly asked: Asked[];
  readonly questions: Question[];
  readonly lines: string[];
  /** Delivers a payload as this mode does, signed or in an envelope. */
  deliver(kind: Kind, payload: object): Promise<Acked>;
  /** Posts a body to the events' address as it is. */
  post(body: string, headers: Record<string, string>): Promise<Response>;
  answering(answer: Questions['answer']): void;
  accepting(accept: (trigger: Asked) => Promise<Acceptance>): void;
  close(): Promise<void>;
};

export async function rig(mode: 'socket' | 'http'): Promise<Rig> {
  const slack = await standIn();
  const { log, lines } = keptLog();
  const asked: Asked[] = [];
  const questions: Question[] = [];
  let answer: Questions['answer'] = async () => 'answered';
  let accept: (trigger: Asked) => Promise<Acceptance> = async () => ({ investigation: 'i1', outcome: 'opened' });

  const app = await createSlackApp({
    mode,
    botToken: 'xoxb-secret-token',
    ...(mode === 'socket' ? { appToken: 'xapp-secret-token' } : { signingSecret: SECRET }),
    apiUrl: slack.apiUrl,
    log,
    clock: { now: () => 1_700_000_000_000_000 },
    intake: {
      alert: () => Promise.reject(new Error('Slack sends no alerts.')),
      ask: (trigger) => {
        asked.push(trigger);
        return accept(trigger);
      },
    },
    questions: {
      answer: (question) => {
        questions.push(question);
        return answer(question);
      },
    },
  });
  await app.start();

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://local');
    const route = app.routes.find(({ method, path }) => method === request.method && path === url.pathname);
    if (route) return route.handle({ request, response, url, params: {} });
    response.writeHead(404).end();
  });
  const port = await listen(server);
  const post = (body: string, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${port}/slack/events`, { method: 'POST', body, headers });

  return {
    slack,
    app,
    asked,
    questions,
    lines,
    post,
    answering: (next) => {
      answer = next;
    },
    accepting: (next) => {
      accept = next;
    },
    async deliver(kind, payload) {
      if (mode === 'socket') return { status: 200, body: await slack.deliver(kind, payload) };
      const [type, body] = encode(kind, payload);
      const response = await post(body, { 'content-type': type, ...signed(SECRET, body) });
      const text = await response.text();
      return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : undefined };
    },
    async close() {
      await app.stop(1_000);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await slack.close();
    },
  };
}

/** Events are JSON, commands a form, clicks a form with JSON inside. */
function encode(kind: Kind, payload: object): [type: string, body: string] {
  if (kind === 'events_api') return ['application/json', JSON.stringify(payload)];
  const form =
    kind === 'slash_commands'
      ? new URLSearchParams(Object.entries(payload))
      : new URLSearchParams({ payload: JSON.stringify(payload) });
  return ['application/x-www-form-urlencoded', form.toString()];
}
