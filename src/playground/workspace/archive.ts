import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileSchema, messageSchema, type StoredFile, type StoredMessage } from './message.ts';

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA busy_timeout = 2000;
  CREATE TABLE IF NOT EXISTS message (channel TEXT, ts TEXT, body TEXT NOT NULL, PRIMARY KEY (channel, ts)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS file (id TEXT PRIMARY KEY, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS content (id TEXT PRIMARY KEY, bytes BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS latest (one INTEGER PRIMARY KEY CHECK (one = 1), ts TEXT NOT NULL);
`;

/**
 * Where the channels' history is kept, so that it outlives a `kill -9` of the bot as Slack's would: when a call returns,
 * the message is on disk. Without a folder everything is in memory only.
 */
export class Archive {
  readonly #database: DatabaseSync;

  constructor(folder: string | undefined) {
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
    this.#database = new DatabaseSync(folder === undefined ? ':memory:' : join(folder, 'playground.db'));
    this.#database.exec(SCHEMA);
  }

  messages(): StoredMessage[] {
    const rows = this.#database.prepare('SELECT body FROM message ORDER BY ts').all();
    return rows.map((row) => messageSchema.parse(JSON.parse(String(row.body))));
  }

  files(): StoredFile[] {
    const rows = this.#database.prepare('SELECT body FROM file ORDER BY rowid').all();
    return rows.map((row) => fileSchema.parse(JSON.parse(String(row.body))));
  }

  /** The newest `ts` ever given out, also by a message that is deleted by now: no `ts` comes twice. */
  latestTs(): string | undefined {
    const row = this.#database.prepare('SELECT ts FROM latest').get();
    return row === undefined ? undefined : String(row.ts);
  }

  saveMessage(message: StoredMessage, latestTs: string): void {
    this.#together(() => {
      this.#database
        .prepare('INSERT OR REPLACE INTO message (channel, ts, body) VALUES (?, ?, ?)')
        .run(message.channel, message.ts, JSON.stringify(message));
      this.#database.prepare('INSERT OR REPLACE INTO latest (one, ts) VALUES (1, ?)').run(latestTs);
    });
  }

  dropMessages(messages: readonly StoredMessage[]): void {
    this.#together(() => {
      const drop = this.#database.prepare('DELETE FROM message WHERE channel = ? AND ts = ?');
      for (const message of messages) drop.run(message.channel, message.ts);
    });
  }

  saveFile(file: StoredFile, content?: Uint8Array): void {
    this.#together(() => {
      this.#database
        .prepare('INSERT INTO file (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body')
        .run(file.id, JSON.stringify(file));
      if (content !== undefined) {
        this.#database.prepare('INSERT OR REPLACE INTO content (id, bytes) VALUES (?, ?)').run(file.id, content);
      }
    });
  }

  content(id: string): Uint8Array | undefined {
    const bytes = this.#database.prepare('SELECT bytes FROM content WHERE id = ?').get(id)?.bytes;
    return bytes instanceof Uint8Array ? bytes : undefined;
  }

  dropFile(id: string): void {
    this.#together(() => {
      this.#database.prepare('DELETE FROM file WHERE id = ?').run(id);
      this.#database.prepare('DELETE FROM content WHERE id = ?').run(id);
    });
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #together(write: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      write();
      this.#database.exec('COMMIT');
    } catch (thrown) {
      this.#database.exec('ROLLBACK');
      throw thrown;
    }
  }
}
