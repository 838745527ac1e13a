import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Store } from '../../src/ports/store.ts';
import type { Retention } from '../../src/store/retention.ts';
import { anAlert, answered, opened, span } from '../store/samples.ts';

export type StoreBed = {
  /** Each call is a process of its own as far as the store can tell. */
  open(retention?: Partial<Retention>): Promise<Store>;
  /** Puts a text where the store keeps an investigation's document. */
  spoil(id: string, document: string): Promise<void>;
  /** Puts bytes where the store keeps an investigation's traces. */
  spoilTraces(id: string, packed: Uint8Array): Promise<void>;
  /** Arguments for `node`: see `test/store/child.ts`. */
  readonly child: readonly string[];
  dispose(): Promise<void>;
};

/** What every store promises (`ports/store.ts`). */
export function storeContract(name: string, makeBed: () => Promise<StoreBed>): void {
  describe(`${name} as a store`, () => {
    let bed: StoreBed;
    let store: Store;
    beforeEach(async () => {
      bed = await makeBed();
      store = await bed.open();
    });
    afterEach(() => bed.dispose());

    const save = (investigation: ReturnType<typeof opened>, into = store) =>
      into.update(investigation.id, () => investigation);

    test('gives back every member of an investigation, to this process and to the next', async () => {
      const full = answered('full');
      expect(await save(full)).toEqual(full);
      expect(await store.find({ by: 'id', id: 'full' })).toEqual(full);
      expect(await (await bed.open()).find({ by: 'id', id: 'full' })).toEqual(full);
      const failed = opened('failed', {
        status: 'failed',
        setback: { kind: 'unreachable', message: 'No.', hint: 'Wait.', at: 1 },
      });
      await save(failed);
      expect(await store.find({ by: 'id', id: 'failed' })).toEqual(failed);
    });

    test('knows nothing of what was never stored', async () => {
      expect(await store.find({ by: 'id', id: 'x' })).toBeUndefined();
      expect(await store.find({ by: 'thread', thread: { channel: 'C', ts: '1' } })).toBeUndefined();
      expect(await store.find({ by: 'alert', source: 's', alertId: 'a' })).toBeUndefined();
      expect(await store.recent(10)).toEqual([]);
      expect(await store.keptTraces('x')).toEqual([]);
    });

    test('finds by thread once the thread is there', async () => {
      await save(opened('a'));
      const thread = { channel: 'C1', ts: '17.5' };
      expect(await store.find({ by: 'thread', thread })).toBeUndefined();
      await store.update('a', (current) => current && { ...current, thread });
      expect(await store.find({ by: 'thread', thread })).toMatchObject({ id: 'a', thread });
      expect(await store.find({ by: 'thread', thread: { channel: 'C1', ts: '17.50' } })).toBeUndefined();
    });

    test('finds the latest investigation of an incident, whichever was stored last', async () => {
      const trigger = { kind: 'alert' as const, alert: anAlert('Q1') };
      await save(opened('new', { trigger, openedAt: 2_000_000 }));
      await save(opened('old', { trigger, openedAt: 1_000_000 }));
      await save(opened('other', { trigger: { kind: 'alert', alert: anAlert('Q2') }, openedAt: 3_000_000 }));
      expect(await store.find({ by: 'alert', source: 'pagerduty', alertId: 'Q1' })).toMatchObject({ id: 'new' });
      expect(await store.find({ by: 'alert', source: 'grafana', alertId: 'Q1' })).toBeUndefined();
    });

    test('lists the newest first, as many as asked', async () => {
      for (const index of [3, 1, 4, 2]) await save(opened(`i${index}`, { openedAt: index * 1_000 }));
      expect((await store.recent(3)).map(({ id }) => id)).toEqual(['i4', 'i3', 'i2']);
      expect(await store.recent(0)).toEqual([]);
    });

    test('a change sees what stands, answers what stands then, and writes nothing when it changes nothing', async () => {
      await save(opened('a'));
      const next = await store.update('a', (current) => current && { ...current, repeats: current.repeats + 1 });
      expect(next).toMatchObject({ repeats: 1 });
      expect(await store.update('a', (current) => current)).toMatchObject({ repeats: 1 });
      expect(await store.update('none', (current) => current)).toBeUndefined();
      expect(await store.find({ by: 'id', id: 'none' })).toBeUndefined();
    });

    test('a change that throws, unmakes or renames an investigation leaves it as it was', async () => {
      await save(opened('a'));
      const boom = () => {
        throw new Error('boom');
      };
      await expect(store.update('a', boom)).rejects.toThrow('boom');
      await expect(store.update('a', () => undefined)).rejects.toMatchObject({ kind: 'internal' });
      await expect(store.update('a', () => opened('b'))).rejects.toMatchObject({ kind: 'internal' });
      expect(await store.find({ by: 'id', id: 'a' })).toEqual(opened('a'));
      expect(await store.find({ by: 'id', id: 'b' })).toBeUndefined();
    });

    test('changes of several processes at once all count', async () => {
      await save(opened('a'));
      const stores = [store, await bed.open(), await bed.open()];
      const changes = Array.from({ length: 45 }, (_, index) =>
        stores[index % 3]?.update('a', (current) => current && { ...current, repeats: current.repeats + 1 }),
      );
      await Promise.all(changes);
      expect(await store.find({ by: 'id', id: 'a' })).toMatchObject({ repeats: 45 });
    });

    test('keeps spans whole, replaces what was kept before, and shares them with other processes', async () => {
      const spans = Array.from({ length: 1_200 }, (_, index) => span(index));
      await store.keepTraces('a', [span(1)]);
      await store.keepTraces('a', spans);
      expect(await (await bed.open()).keptTraces('a')).toEqual(spans);
      await store.keepTraces('none', []);
      expect(await store.keptTraces('none')).toEqual([]);
    });

    test('a number that is not finite does not make kept spans unreadable', async () => {
      const odd = { attributes: { load: Number.NaN, rate: [1, Number.POSITIVE_INFINITY] } };
      await store.keepTraces('a', [span(1, odd)]);
      const [kept] = await store.keptTraces('a');
      expect(kept?.attributes).toEqual({ load: Number.NaN, rate: [1, Number.NaN] });
    });

    test('refuses traces beyond 2 MB compressed, and keeps what was there', async () => {
      await store.keepTraces('a', [span(1)]);
      const noise = Array.from({ length: 3_000 }, (_, index) =>
        span(index, { attributes: { noise: randomBytes(800).toString('base64') } }),
      );
      await expect(store.keepTraces('a', noise)).rejects.toMatchObject({ name: 'Failure', kind: 'too-large' });
      expect(await store.keptTraces('a')).toEqual([span(1)]);
    });

    test('lets the oldest traces go when all together are too many bytes, and leaves the investigations', async () => {
      const bounded = await bed.open({ traceBytes: 60_000 });
      const noise = () => [span(1, { attributes: { noise: randomBytes(15_000).toString('base64') } })];
      for (const id of ['a', 'b', 'c', 'd']) {
        await save(opened(id), bounded);
        await bounded.keepTraces(id, noise());
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      const kept = await Promise.all(['a', 'b', 'c', 'd'].map(async (id) => (await bounded.keptTraces(id)).length));
      expect(kept).toEqual([0, 1, 1, 1]);
      expect(await bounded.recent(9)).toHaveLength(4);
    });

    test('keeps at most as many investigations as it may', async () => {
      const bounded = await bed.open({ investigations: 3 });
      for (const index of [1, 2, 3, 4, 5]) {
        await save(opened(`i${index}`, { openedAt: index }), bounded);
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      expect((await bounded.recent(9)).map(({ id }) => id)).toEqual(['i5', 'i4', 'i3']);
      expect(await bounded.find({ by: 'id', id: 'i1' })).toBeUndefined();
    });

    test('forgets what nothing has touched for long', async () => {
      const brief = await bed.open({ keepMs: 400 });
      await save(opened('a', { thread: { channel: 'C', ts: '1' } }), brief);
      await brief.keepTraces('a', [span(1)]);
      expect(await brief.find({ by: 'id', id: 'a' })).toBeDefined();
      await vi.waitFor(
        async () => {
          expect(await brief.find({ by: 'thread', thread: { channel: 'C', ts: '1' } })).toBeUndefined();
          expect(await brief.find({ by: 'id', id: 'a' })).toBeUndefined();
          expect(await brief.recent(5)).toEqual([]);
          expect(await brief.keptTraces('a')).toEqual([]);
        },
        { timeout: 10_000 },
      );
    });

    test.each([
      ['no JSON', '{"version":1,"inv', 'internal'],
      ['no version', '{"investigation":{}}', 'internal'],
      ['a wrong shape', JSON.stringify({ version: 1, investigation: { ...opened('a'), repeats: 'many' } }), 'internal'],
      ['a finding without evidence', JSON.stringify({ version: 1, investigation: withoutEvidence() }), 'internal'],
      ['a newer version', JSON.stringify({ version: 99, investigation: { anything: true } }), 'unsupported'],
    ])('says clearly that a document is unreadable: %s', async (_what, document, kind) => {
      await save(opened('a'));
      await bed.spoil('a', document);
      await expect(store.find({ by: 'id', id: 'a' })).rejects.toMatchObject({ name: 'Failure', kind });
      await expect(store.update('a', (current) => current)).rejects.toMatchObject({ name: 'Failure', kind });
    });

    test('keeps members that a newer version of the program wrote', async () => {
      await save(opened('a'));
      await bed.spoil('a', JSON.stringify({ version: 1, investigation: { ...opened('a'), mood: 'calm' } }));
      await store.update('a', (current) => current && { ...current, repeats: 7 });
      expect(await store.find({ by: 'id', id: 'a' })).toMatchObject({ mood: 'calm', repeats: 7 });
    });

    test('says clearly that kept traces are damaged', async () => {
      await store.keepTraces('a', [span(1)]);
      for (const damaged of [Buffer.from('no gzip'), Buffer.alloc(0), Buffer.from([0x1f, 0x8b, 8, 0, 0])]) {
        await bed.spoilTraces('a', damaged);
        await expect(store.keptTraces('a')).rejects.toMatchObject({ name: 'Failure', kind: 'internal' });
      }
    });

    test('what a process was told is saved is there after the process was killed', async () => {
      const child = spawn(process.execPath, [...bed.child], { stdio: ['ignore', 'pipe', 'inherit'] });
      const told: string[] = [];
      createInterface({ input: child.stdout }).on('line', (line) => told.push(line));
      await vi.waitFor(() => expect(told.length).toBeGreaterThan(30), { timeout: 15_000 });
      child.kill('SIGKILL');
      await once(child, 'exit');
      for (const id of told) expect(await store.find({ by: 'id', id })).toMatchObject({ id });
      expect(await store.keptTraces(told[0] ?? '')).toEqual([span(0)]);
    });
  });
}

function withoutEvidence(): unknown {
  const full = answered('a');
  return {
    ...full,
    analysis: { ...full.analysis, findings: full.analysis.findings.map((finding) => ({ ...finding, evidence: [] })) },
  };
}
