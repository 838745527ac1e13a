import { fileURLToPath } from 'node:url';
import { createPlayground, type Playground } from '../../src/playground/playground.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { Intake } from '../../src/ports/intake.ts';
import type { Questions } from '../../src/ports/questions.ts';
import { listen } from '../../src/server.ts';
import { createSlackApp, type SlackApp } from '../../src/slack/app.ts';
import { keptLog } from './log.ts';

const MANIFEST = fileURLToPath(new URL('../../manifest.yml', import.meta.url));

/** A message in Slack's own shape, as far as the tests look. */
export type PlainMessage = {
  readonly ts: string;
  readonly text: string;
  readonly user?: string;
  readonly thread_ts?: string;
  readonly blocks?: readonly { readonly type: string; readonly alt_text?: string }[];
  readonly replies?: readonly PlainMessage[];
};

/** The bot, unmodified, in the playground with our own manifest. */
export type Town = {
  readonly app: SlackApp;
  readonly playground: Playground;
  read(channel: string): Promise<readonly PlainMessage[]>;
  say(saying: object): Promise<void>;
  click(click: object): Promise<void>;
  /** A Web API call by hand, with the bot's token. */
  web(method: string, args: Readonly<Record<string, string>>): Promise<unknown>;
  close(): Promise<void>;
};

export async function town(people: { readonly intake: Intake; readonly questions: Questions }): Promise<Town> {
  const { log } = keptLog();
  const playground = createPlayground({
    scenarios: {
      list: () => [],
      state: () => ({ phase: 'idle' }),
      start: () => Promise.reject(new Error('none')),
      close: async () => {},
    },
    manifest: MANIFEST,
  });
  const server = await listen({
    host: '127.0.0.1',
    port: 0,
    routes: playground.routes,
    upgrades: playground.upgrades,
    readiness: async () => ({ ready: true, parts: {} }),
    log,
  });
  const origin = `http://127.0.0.1:${server.port}`;
  const app = await createSlackApp({
    mode: 'socket',
    botToken: playground.botToken,
    appToken: playground.appToken,
    apiUrl: `${origin}${playground.slackApiPath}`,
    log,
    clock: systemClock,
    ...people,
  });
  await app.start();
  const post = async (path: string, body: object) => {
    const response = await fetch(`${origin}/playground/api/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  };
  return {
    app,
    playground,
    async read(channel) {
      const response = await fetch(`${origin}/playground/api/messages?channel=${encodeURIComponent(channel)}`);
      const { messages } = (await response.json()) as { messages: PlainMessage[] };
      return messages;
    },
    say: (saying) => post('say', saying),
    click: (click) => post('click', click),
    async web(method, args) {
      const response = await fetch(`${origin}${playground.slackApiPath}${method}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${playground.botToken}` },
        body: new URLSearchParams(args),
      });
      return response.json();
    },
    async close() {
      await app.stop(1_000);
      playground.close();
      await server.close();
    },
  };
}
