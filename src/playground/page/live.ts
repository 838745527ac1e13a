import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Failure } from '../../failure.ts';
import type { Exchange } from '../../http.ts';
import type { Incident } from '../people/routes.ts';
import type { SocketMode } from '../socket/socket-mode.ts';
import type { Change, Workspace } from '../workspace/workspace.ts';
import type { MessageView } from './message-view.ts';
import { drawScenarios } from './page.ts';

const MOST_READERS = 64;
const LOOK_EVERY_MS = 1_000;
/** A reader that does not read is let go: the page comes back by itself and reads everything anew. */
const MOST_UNREAD_BYTES = 4 * 1024 * 1024;

export type LiveOptions = {
  readonly workspace: Workspace;
  readonly view: MessageView;
  readonly socket: SocketMode;
  readonly readerId: string;
  scenarios(): readonly Incident[];
};

/**
 * Tells open pages what changed, as Server-Sent Events: `message` with the message drawn anew (or gone), `scenarios` with
 * the list drawn anew, `presence` when the bot comes or goes. `hello` says what state the line starts from.
 */
export class Live {
  readonly #options: LiveOptions;
  readonly #readers = new Set<ServerResponse>();
  readonly #timer: NodeJS.Timeout;
  readonly #stopWatching: () => void;
  readonly #start = randomBytes(4).toString('hex');
  #changes = 0;
  #scenarios = '';
  #connected = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#stopWatching = options.workspace.watch((change) => this.#tellChange(change));
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Says which state a page shows: another one at the start of the live line means that it missed something. */
  get revision(): string {
    return `${this.#start}.${this.#changes}`;
  }

  open({ request, response }: Exchange): void {
    if (this.#readers.size >= MOST_READERS) {
      throw new Failure('busy', 'Too many pages are open.', 'Close some of them.', { retryAfter: 30 });
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 1000\n\n');
    this.#readers.add(response);
    request.on('close', () => this.#readers.delete(response));
    this.#send(response, 'hello', { revision: this.revision, connected: this.#options.socket.connected > 0 });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stopWatching();
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }

  #tellChange({ channel, ts, before, after }: Change): void {
    this.#changes += 1;
    if (this.#readers.size === 0) return;
    const message = after ?? before;
    if (message?.onlyFor !== undefined && message.onlyFor !== this.#options.readerId) return;
    const { workspace, view } = this.#options;
    const html = after === undefined ? null : view.html(after, workspace.replies(channel, ts));
    this.#tell('message', { channel, ts, thread: message?.threadTs ?? ts, html });
    const parent = message?.threadTs === undefined ? undefined : workspace.message(channel, message.threadTs);
    if (parent === undefined) return;
    const drawn = view.html(parent, workspace.replies(channel, parent.ts));
    this.#tell('message', { channel, ts: parent.ts, thread: parent.ts, html: drawn });
  }

  /** Scenarios and connections do not call us: they are looked at while somebody watches. */
  #look(): void {
    if (this.#readers.size === 0) return;
    const scenarios = drawScenarios(this.#options.scenarios());
    if (scenarios !== this.#scenarios) this.#tell('scenarios', { html: scenarios });
    this.#scenarios = scenarios;
    const connected = this.#options.socket.connected > 0;
    if (connected !== this.#connected) this.#tell('presence', { connected });
    this.#connected = connected;
  }

  #tell(event: string, data: unknown): void {
    for (const reader of this.#readers) this.#send(reader, event, data);
  }

  #send(reader: ServerResponse, event: string, data: unknown): void {
    if (reader.writableLength > MOST_UNREAD_BYTES) {
      this.#readers.delete(reader);
      reader.destroy();
      return;
    }
    reader.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}
