import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const WEBHOOK_SECRET = 'a-secret-of-the-tests';

/** The real bot in a process of its own, as `npm start` runs it, with its own data folder and free ports. */
export type RunningBot = {
  readonly url: string;
  /** Where spans are sent: the receiver's own port. */
  readonly otlp: string;
  readonly data: string;
  readonly pid: number;
  /** Everything it printed so far. */
  output(): string;
  /** Ends it the hard way and resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<number | null>;
};

export async function startBot(
  environment: Readonly<Record<string, string>> = {},
  data = freshFolder(),
): Promise<RunningBot> {
  const child = spawn(process.execPath, ['src/causeway.mjs', 'start'], {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      OTLP_PORT: '0',
      CAUSEWAY_DATA: data,
      PAGERDUTY_WEBHOOK_SECRET: WEBHOOK_SECRET,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const ready = new Promise<void>((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      printed += chunk.toString();
      if (/ready at http/.test(printed) && /(OTLP at http|Traces from)/.test(printed)) resolve();
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    void gone.then((code) => reject(new Error(`The bot ended with ${code} before it was ready:\n${printed}`)));
    setTimeout(() => reject(new Error(`The bot was not ready in time:\n${printed}`)), 20_000).unref();
  });
  try {
    await ready;
  } catch (thrown) {
    child.kill('SIGKILL');
    throw thrown;
  }
  return {
    url: /ready at (http:\/\/[^\s/]+)/.exec(printed)?.[1] ?? '',
    otlp: /OTLP at (http:\/\/[^\s/]+)/.exec(printed)?.[1] ?? '',
    data,
    pid: child.pid ?? 0,
    output: () => printed,
    kill: (signal = 'SIGKILL') => end(child, gone, signal),
  };
}

export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'causeway-bot-'));
}

function end(child: ChildProcess, gone: Promise<number | null>, signal: NodeJS.Signals): Promise<number | null> {
  child.kill(signal);
  return gone;
}

/** Sends a PagerDuty V3 webhook as PagerDuty signs it; the same `delivery` again is a redelivery. */
export async function sendPagerDuty(
  bot: Pick<RunningBot, 'url'>,
  event: {
    readonly type?: string;
    readonly incident: string;
    readonly title?: string;
    readonly service?: string;
    readonly at?: Date;
    readonly delivery?: string;
    /** Makes it an event about a note, as `incident.annotated`. */
    readonly note?: string;
  },
): Promise<Response> {
  const at = (event.at ?? new Date()).toISOString();
  const about = { id: event.incident, type: 'incident_reference', summary: event.title ?? 'Error rate above 5 %' };
  const note = { id: 'PNOTE', type: 'incident_note', content: event.note, trimmed: false, incident: about };
  const incident = {
    id: event.incident,
    type: 'incident',
    self: `https://api.pagerduty.com/incidents/${event.incident}`,
    html_url: `https://example.pagerduty.com/incidents/${event.incident}`,
    number: 7,
    status: 'triggered',
    title: event.title ?? 'Error rate above 5 %',
    created_at: at,
    service: { id: 'PSERVICE', type: 'service_reference', summary: event.service ?? 'Checkout' },
    urgency: 'high',
  };
  const body = JSON.stringify({
    event: {
      id: randomUUID(),
      event_type: event.type ?? 'incident.triggered',
      resource_type: 'incident',
      occurred_at: at,
      agent: null,
      client: null,
      data: event.note === undefined ? incident : note,
    },
  });
  return fetch(`${bot.url}/webhooks/pagerduty`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-webhook-id': event.delivery ?? randomUUID(),
      'x-pagerduty-signature': `v1=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`,
    },
    body,
  });
}

/** Asks until the answer is there. */
export async function eventually<Value>(
  what: string,
  ask: () => Promise<Value | undefined>,
  timeoutMs = 30_000,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await ask().catch(() => undefined);
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
