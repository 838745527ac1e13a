import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Connection, Database } from '../src/database.ts';

let folder: string;
let file: string;
let databases: Database[];
const open = () => {
  const database = Database.open(file);
  databases.push(database);
  return database;
};
const claim = (key: string) => (sql: Connection) =>
  sql.run(`INSERT INTO ledger (key, note, keep_until) VALUES (?, 'n', 9)`, key);
const keys = (database: Database) =>
  database.read((sql) => sql.all('SELECT key FROM ledger ORDER BY key').map((row) => row.key));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-database-'));
  file = join(folder, 'new', 'causeway.db');
  databases = [];
});
afterEach(async () => {
  for (const database of databases) await database.close();
  rmSync(folder, { recursive: true, force: true });
});

test('keeps what a commit was waited for through power failure: WAL and synchronous FULL', () => {
  const database = open();
  expect(database.read((sql) => sql.get('PRAGMA journal_mode'))).toEqual({ journal_mode: 'wal' });
  expect(database.read((sql) => sql.get('PRAGMA synchronous'))).toEqual({ synchronous: 2 });
});

test('writes of one turn share a commit, in their order, and one that throws undoes only itself', async () => {
  const database = open();
  const outcomes = await Promise.allSettled([
    database.write(claim('a')),
    database.write((sql) => {
      claim('b')(sql);
      throw new Error('boom');
    }),
    database.write(claim('a')),
    database.write((sql) => sql.all('SELECT key FROM ledger').length),
  ]);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect(outcomes[1]).toMatchObject({ reason: { name: 'Failure', message: expect.stringContaining('boom') } });
  expect(outcomes[3]).toMatchObject({ value: 1 });
  expect(keys(database)).toEqual(['a']);
});

test('writes issued together stand or fall together, and leave those beside them alone', async () => {
  const database = open();
  const boom = () => {
    throw new Error('boom');
  };
  const outcomes = await Promise.allSettled([
    database.write(claim('before')),
    ...database.together(() => [database.write(claim('a')), database.write(boom), database.write(claim('b'))]),
    ...database.together(() => [database.write(claim('c')), database.write(claim('d'))]),
    database.write(claim('after')),
  ]);
  expect(outcomes.map((outcome) => outcome.status)).toEqual([
    'fulfilled',
    ...['rejected', 'rejected', 'rejected'],
    ...['fulfilled', 'fulfilled', 'fulfilled'],
  ]);
  expect(keys(database)).toEqual(['after', 'before', 'c', 'd']);
});

test('what is issued together is one write, however many wait', async () => {
  const database = open();
  const [other, seen] = [open(), new Set<number>()];
  const writing = Array.from({ length: 700 }, (_, index) =>
    Promise.all(database.together(() => [database.write(claim(`a${index}`)), database.write(claim(`b${index}`))])),
  );
  for (const pair of writing) {
    await pair;
    const count = keys(other).length;
    expect(count % 2).toBe(0);
    seen.add(count);
  }
  expect(seen.size).toBeGreaterThan(1);
});

test('a group whose making throws writes nothing', async () => {
  const database = open();
  let first: Promise<unknown> = Promise.resolve();
  expect(() =>
    database.together(() => {
      first = database.write(claim('a'));
      throw new Error('no');
    }),
  ).toThrow('no');
  await expect(first).rejects.toThrow('no');
  await database.write(claim('b'));
  expect(keys(database)).toEqual(['b']);
});

test('nothing is visible to others before it is acknowledged', async () => {
  const [one, two] = [open(), open()];
  const written = one.write(claim('a'));
  expect(keys(two)).toEqual([]);
  await written;
  expect(keys(two)).toEqual(['a']);
});

test('waits while another process holds the file, without losing or doubling a write', async () => {
  const database = open();
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  let settled = false;
  const writes = Promise.all([database.write(claim('a')), database.write(claim('b'))]).finally(() => {
    settled = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(settled).toBe(false);
  other.exec('COMMIT');
  other.close();
  await writes;
  expect(keys(database)).toEqual(['a', 'b']);
});

test('more writes than one commit takes are all done', async () => {
  const database = open();
  await Promise.all(Array.from({ length: 1_300 }, (_, index) => database.write(claim(`k${index}`))));
  expect(keys(database)).toHaveLength(1_300);
});

test('a flood is refused before it fills the memory', async () => {
  const database = open();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10_100 }, (_, index) => database.write(claim(`k${index}`))),
  );
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused).toHaveLength(100);
  expect(refused[0]).toMatchObject({ reason: { kind: 'busy', retryAfter: 1 } });
});

test('closing commits what waits, and then refuses', async () => {
  const database = open();
  const written = database.write(claim('a'));
  await database.close();
  await written;
  await expect(database.write(claim('b'))).rejects.toThrow('closed');
  expect(keys(open())).toEqual(['a']);
});

test('opens what an earlier process left, whatever it left half done', () => {
  open();
  expect(open().read((sql) => sql.get('PRAGMA user_version'))).toEqual({ user_version: 4 });
});

test('what an older schema kept is still there', () => {
  open();
  const older = new DatabaseSync(file);
  older.exec(`DROP TABLE investigations;
    CREATE TABLE investigations (
      id TEXT PRIMARY KEY, document TEXT NOT NULL, opened_micros INTEGER NOT NULL, thread_channel TEXT, thread_ts TEXT,
      alert_source TEXT, alert_id TEXT, saved_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX investigations_by_save ON investigations (saved_at);
    INSERT INTO investigations VALUES ('b', '{}', 1, 'C1', '1.0', 'pagerduty', 'Q1', 5), ('a', '{}', 2, NULL, NULL, NULL, NULL, 6);
    PRAGMA user_version = 3`);
  older.close();
  const rows = open().read((sql) => sql.all('SELECT * FROM investigations ORDER BY rowid'));
  const [b, a] = [
    { id: 'b', opened_micros: 1, thread_channel: 'C1', thread_ts: '1.0', alert_source: 'pagerduty', alert_id: 'Q1' },
    { id: 'a', opened_micros: 2, thread_channel: null, thread_ts: null, alert_source: null, alert_id: null },
  ];
  expect(rows).toEqual([
    { ...b, document: '{}', saved_at: 5 },
    { ...a, document: '{}', saved_at: 6 },
  ]);
});

test('refuses a file of a newer schema, and says so', () => {
  open();
  const newer = new DatabaseSync(file);
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  expect(open).toThrow(expect.objectContaining({ kind: 'misconfigured', message: expect.stringContaining('newer') }));
});

test('refuses a file that is no database, and leaves it as it is', () => {
  file = join(folder, 'causeway.db');
  writeFileSync(file, 'this is not a database, although it is long enough to look like one '.repeat(20));
  expect(open).toThrow(expect.objectContaining({ kind: 'misconfigured', message: expect.stringContaining(file) }));
});

test('refuses a folder that cannot be', () => {
  writeFileSync(join(folder, 'new'), 'a file where the folder should be');
  expect(open).toThrow(
    expect.objectContaining({ kind: 'misconfigured', hint: expect.stringContaining('CAUSEWAY_DATA') }),
  );
});
