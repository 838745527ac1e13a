import { mkdtempSync } from 'node:fs';
import { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exchange, Route } from '../../src/http.ts';
import { createPlayground } from '../../src/playground/playground.ts';
import type { Scenarios } from '../../src/playground/scenarios.ts';
import { listen } from '../../src/server.ts';

export type CardMessage = {
  readonly ts: string;
  readonly text: string;
  readonly blocks?: readonly { readonly type: string; readonly [key: string]: unknown }[];
  readonly metadata?: { readonly event_payload: { readonly key: string } };
  readonly files: readonly unknown[];
  readonly replies: readonly CardMessage[];
};

/** What happens to a call of Slack's Web API: it may be lost on the way there, or its answer on the way back. */
export type Fate =
  | { readonly kind: 'arrives' }
  | { readonly kind: 'lost on the way there' | 'answer lost'; readonly strike?: () => Promise<void> };

export const ARRIVES: Fate = { kind: 'arrives' };

const NOBODY: Scenarios = {
  list: () => [],
  start: () => Promise.reject(new Error('There is no shop here')),
  state: () => ({ phase: 'idle' }),
  close: async () => {},
};

/** The playground's Slack outside the bot's process, so that it outlives the bot as Slack does. */
export async function startTown() {
  const playground = createPlayground({
    scenarios: NOBODY,
    folder: mkdtempSync(join(tmpdir(), 'causeway-town-')),
    manifest: 'manifest.yml',
  });
  let fate: (method: string) => Promise<Fate> = async () => ARRIVES;
  const routes = playground.routes.map((route) =>
    route.path.startsWith(playground.slackApiPath) ? fated(route, (method) => fate(method)) : route,
  );
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const server = await listen({
    host: '127.0.0.1',
    port: 0,
    routes,
    upgrades: playground.upgrades,
    readiness: async () => ({ ready: true, parts: {} }),
    log: quiet,
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    url,
    /** What makes the bot talk to this town instead of its own playground. */
    environment: {
      SLACK_BOT_TOKEN: playground.botToken,
      SLACK_APP_TOKEN: playground.appToken,
      SLACK_API_URL: `${url}${playground.slackApiPath}`,
    },
    playground,
    /** Decides over each call from now on. */
    decide(next: (method: string) => Promise<Fate>) {
      fate = next;
    },
    messages: (channel = 'incidents') => messagesIn(url, channel),
    async close() {
      playground.close();
      await server.close();
    },
  };
}

export async function messagesIn(url: string, channel = 'incidents'): Promise<readonly CardMessage[]> {
  const answer = await fetch(`${url}/playground/api/messages?channel=${channel}`);
  return ((await answer.json()) as { messages: readonly CardMessage[] }).messages;
}

/** A card says its verdict and shows its picture. */
export function isComplete(message: CardMessage): boolean {
  return (
    /^(Cause|Suspect|Cannot tell|Lineage)/.test(message.text) &&
    (message.blocks ?? []).some((block) => block.type === 'image')
  );
}

function fated(route: Route, fate: (method: string) => Promise<Fate>): Route {
  return {
    ...route,
    handle: async (exchange: Exchange) => {
      const decided = await fate(exchange.params.method ?? '');
      if (decided.kind === 'arrives') return route.handle(exchange);
      // Slack takes the call in and answers, but nobody hears it.
      if (decided.kind === 'answer lost')
        await route.handle({ ...exchange, response: new ServerResponse(exchange.request) });
      await decided.strike?.();
      exchange.request.socket.destroy();
    },
  };
}
