import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Database } from '../../src/database.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { embeddedStore } from '../../src/store/embedded.ts';
import { embeddedFollowers } from '../../src/store/embedded-followers.ts';
import { embeddedLedger } from '../../src/store/embedded-ledger.ts';
import { embeddedRecurrences } from '../../src/store/embedded-recurrences.ts';
import { defaultRetention } from '../../src/store/retention.ts';
import { followersContract } from '../contracts/followers.ts';
import { ledgerContract } from '../contracts/ledger.ts';
import { recurrencesContract } from '../contracts/recurrences.ts';
import { storeContract } from '../contracts/store.ts';

function makeBed() {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-store-'));
  const file = join(folder, 'causeway.db');
  const databases: Database[] = [];
  const openDatabase = () => {
    const database = Database.open(file);
    databases.push(database);
    return database;
  };
  return {
    file,
    openDatabase,
    async dispose() {
      for (const database of databases) await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

storeContract('the embedded store', async () => {
  const bed = makeBed();
  const side = bed.openDatabase();
  return {
    async open(retention = {}) {
      const all = { ...defaultRetention, ...retention };
      return embeddedStore({ database: bed.openDatabase(), clock: systemClock, retention: all });
    },
    async spoil(id, document) {
      await side.write((sql) => sql.run('UPDATE investigations SET document = ? WHERE id = ?', document, id));
    },
    async spoilTraces(id, packed) {
      await side.write((sql) => sql.run('UPDATE kept_traces SET packed = ? WHERE id = ?', packed, id));
    },
    child: [join(import.meta.dirname, 'child.ts'), 'embedded', bed.file],
    dispose: bed.dispose,
  };
});

ledgerContract('the embedded ledger', async () => {
  const bed = makeBed();
  return {
    open: async () => embeddedLedger({ database: bed.openDatabase(), clock: systemClock }),
    dispose: bed.dispose,
  };
});

followersContract('the embedded followers', async () => {
  const bed = makeBed();
  return {
    async open(retention = {}) {
      const all = { ...defaultRetention, ...retention };
      return embeddedFollowers({ database: bed.openDatabase(), clock: systemClock, retention: all });
    },
    dispose: bed.dispose,
  };
});

recurrencesContract('the embedded recurrences', async () => {
  const bed = makeBed();
  return {
    async open(retention = {}) {
      const all = { ...defaultRetention, ...retention };
      return embeddedRecurrences({ database: bed.openDatabase(), clock: systemClock, retention: all });
    },
    dispose: bed.dispose,
  };
});

test('a storm of followers does not grow without end', async () => {
  const bed = makeBed();
  const retention = { ...defaultRetention, followers: 50 };
  const followers = embeddedFollowers({ database: bed.openDatabase(), clock: systemClock, retention });
  const follower = (index: number) => ({ source: 's', alertId: `${index}`, delivery: 'd', title: 't', at: index });
  await Promise.all(Array.from({ length: 200 }, (_, index) => followers.follow('a', follower(index))));
  expect(await followers.of('a')).toMatchObject({ alerts: 50 });
  await bed.dispose();
});
