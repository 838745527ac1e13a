import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { APP } from '../workspace/identities.ts';
import type { Wire } from '../workspace/wire.ts';

export const SOCKET_PATH = '/playground/slack/socket';

export type EnvelopeKind = 'events_api' | 'slash_commands' | 'interactive';

/** What became of an envelope; `payload` is what the app sent along with its acknowledgement. */
export type Receipt =
  | { readonly status: 'acknowledged'; readonly payload: unknown }
  | { readonly status: 'timed-out' }
  | { readonly status: 'nobody-there' };

export type SocketModeOptions = {
  /** How long the app may take to acknowledge; Slack gives three seconds. */
  readonly ackTimeoutMs: number;
  /** Waits before the second, third and fourth delivery of an event; Slack: at once, a minute, five minutes. */
  readonly redeliverAfterMs: readonly number[];
  /** After how long a connection is asked to make room for a new one; Slack does so about every hour. */
  readonly refreshAfterMs?: number;
  later(work: () => void, delayMs: number): void;
};

const TICKET_LIFE_MS = 60_000;
const PING_EVERY_MS = 10_000;
/** How long a client may take to say goodbye. */
const FAREWELL_MS = 200;
const MOST_CONNECTIONS = 10;
const MOST_WAITING = 200;
const LARGEST_ACK = 1024 * 1024;

const ackSchema = z.object({ envelope_id: z.string(), payload: z.unknown() });

type Connection = { readonly socket: WebSocket; readonly origin: string; alive: boolean };
type Pending = { readonly connection: Connection; settle(receipt: Receipt): void };
type Event = { readonly make: (origin: string) => Wire; readonly attempt: number; readonly reason?: string };

/**
 * Slack's end of Socket Mode:
 *
 *     apps.connections.open → ticket → upgrade → hello → envelope … ack → … → disconnect
 *
 * An event goes to one of the open connections and comes again until somebody acknowledges it; a command or a click
 * comes once, because a person is waiting.
 */
export class SocketMode {
  readonly #options: SocketModeOptions;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: LARGEST_ACK, perMessageDeflate: false });
  readonly #tickets = new Map<string, number>();
  readonly #connections = new Set<Connection>();
  readonly #pending = new Map<string, Pending>();
  /** Events that arrived while no app was connected. */
  readonly #waiting: Event[] = [];
  readonly #heartbeat: NodeJS.Timeout;
  #turn = 0;

  constructor(options: SocketModeOptions) {
    this.#options = options;
    this.#heartbeat = setInterval(() => this.#beat(), PING_EVERY_MS);
    this.#heartbeat.unref();
  }

  get connected(): number {
    return this.#connections.size;
  }

  /** A fresh address, good once and for a minute. */
  ticket(): string {
    const now = Date.now();
    for (const [ticket, expires] of this.#tickets) if (expires < now) this.#tickets.delete(ticket);
    const ticket = randomUUID();
    this.#tickets.set(ticket, now + TICKET_LIFE_MS);
    return `${SOCKET_PATH}?ticket=${ticket}&app_id=${APP.id}`;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const expires = this.#tickets.get(url.searchParams.get('ticket') ?? '');
    this.#tickets.delete(url.searchParams.get('ticket') ?? '');
    if (expires === undefined || expires < Date.now() || this.#connections.size >= MOST_CONNECTIONS) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (opened) => {
      this.#welcome({ socket: opened, origin: `http://${request.headers.host ?? '127.0.0.1'}`, alive: true });
    });
  }

  /** Delivers an event until it is acknowledged. */
  publish(make: Event['make']): void {
    this.#send({ make, attempt: 0 });
  }

  /** Delivers something a person waits for, once. */
  ask(kind: Exclude<EnvelopeKind, 'events_api'>, make: (origin: string) => Wire): Promise<Receipt> {
    const connection = this.#next();
    if (connection === undefined) return Promise.resolve({ status: 'nobody-there' });
    return this.#deliver(connection, { type: kind, payload: make(connection.origin), accepts_response_payload: true });
  }

  /** Asks every connection to come again, as Slack does when it recycles a server. */
  refresh(): void {
    for (const connection of this.#connections) this.#askToLeave(connection, 'refresh_requested');
  }

  close(): void {
    clearInterval(this.#heartbeat);
    for (const { socket } of this.#connections) {
      socket.close(1001);
      setTimeout(() => socket.terminate(), FAREWELL_MS).unref();
    }
    this.#connections.clear();
    for (const pending of [...this.#pending.values()]) pending.settle({ status: 'nobody-there' });
    this.#server.close();
  }

  #welcome(connection: Connection): void {
    const { socket } = connection;
    this.#connections.add(connection);
    socket.on('message', (data, binary) => {
      if (!binary) this.#hear(String(data));
    });
    socket.on('pong', () => {
      connection.alive = true;
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.#connections.delete(connection);
      for (const pending of [...this.#pending.values()]) {
        if (pending.connection === connection) pending.settle({ status: 'nobody-there' });
      }
    });
    post(socket, {
      type: 'hello',
      num_connections: this.#connections.size,
      debug_info: { host: 'playground', build_number: 1, approximate_connection_time: 3600 },
      connection_info: { app_id: APP.id },
    });
    if (this.#options.refreshAfterMs !== undefined) {
      this.#options.later(() => this.#askToLeave(connection, 'refresh_requested'), this.#options.refreshAfterMs);
    }
    for (const event of this.#waiting.splice(0)) this.#send(event);
  }

  #askToLeave(connection: Connection, reason: 'warning' | 'refresh_requested'): void {
    // It gets nothing more; what it has, it may still acknowledge.
    this.#connections.delete(connection);
    post(connection.socket, { type: 'disconnect', reason, debug_info: { host: 'playground' } });
  }

  #hear(text: string): void {
    let raw: unknown;
    try {
      raw = JSON.parse(text);
    } catch {
      return;
    }
    const ack = ackSchema.safeParse(raw);
    if (!ack.success) return;
    this.#pending.get(ack.data.envelope_id)?.settle({ status: 'acknowledged', payload: ack.data.payload });
  }

  #next(): Connection | undefined {
    const open = [...this.#connections];
    this.#turn += 1;
    return open[this.#turn % Math.max(1, open.length)];
  }

  #send(event: Event): void {
    const connection = this.#next();
    if (connection === undefined) {
      this.#waiting.push(event);
      if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
      return;
    }
    const envelope = {
      type: 'events_api',
      payload: event.make(connection.origin),
      accepts_response_payload: false,
      retry_attempt: event.attempt,
      retry_reason: event.reason ?? '',
    };
    void this.#deliver(connection, envelope).then((receipt) => {
      if (receipt.status === 'acknowledged') return;
      const delay = this.#options.redeliverAfterMs[event.attempt];
      if (delay === undefined) return;
      const reason = receipt.status === 'timed-out' ? 'timeout' : 'connection_failed';
      this.#options.later(() => this.#send({ make: event.make, attempt: event.attempt + 1, reason }), delay);
    });
  }

  #deliver(connection: Connection, envelope: Wire): Promise<Receipt> {
    const id = randomUUID();
    return new Promise((resolve) => {
      const settle = (receipt: Receipt) => {
        clearTimeout(timer);
        this.#pending.delete(id);
        resolve(receipt);
      };
      const timer = setTimeout(() => settle({ status: 'timed-out' }), this.#options.ackTimeoutMs);
      this.#pending.set(id, { connection, settle });
      post(connection.socket, { envelope_id: id, ...envelope });
    });
  }

  #beat(): void {
    for (const connection of this.#connections) {
      if (!connection.alive) connection.socket.terminate();
      connection.alive = false;
      connection.socket.ping(`Ping from playground ${randomBytes(4).toString('hex')}`);
    }
  }
}

function post(socket: WebSocket, message: Wire): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
}
