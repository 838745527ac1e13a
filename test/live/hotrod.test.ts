import { afterAll, beforeAll, expect, test } from 'vitest';
import { jaeger } from '../../src/backends/jaeger.ts';
import { gatherForWindow } from '../../src/investigation/gather.ts';
import type { Gathered } from '../../src/investigation/gathered.ts';
import { analystOnThisThread } from '../../src/investigation/study.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { describeWith } from '../needs.ts';
import { type LiveServer, PROGRAMS, startHotrod, startJaeger } from './servers.ts';

const { signal } = new AbortController();
const CUSTOMERS = [123, 392, 731, 567];
const CALM = 30;
const CROWDS = 4;
const CROWD = 12;

/**
 * An application that nobody here wrote, with the trouble that its authors put in: its database lets one statement through
 * at a time, so that a crowd waits in line before `SQL SELECT`, while one person at a time never notices.
 *
 * ```
 *   one after the other   ▁▁▁▁▁▁▁▁▁▁      0.7 s a request
 *   twelve at once        ▂▃▄▅▆▇█▇█▇      up to 4 s, most of it before the database
 * ```
 */
describeWith('jaeger and hotrod', PROGRAMS.jaeger !== undefined && PROGRAMS.hotrod !== undefined, 'HotROD', () => {
  const endings: (() => Promise<void>)[] = [];
  let server: LiveServer | undefined;
  let onset = 0;
  let end = 0;

  beforeAll(async () => {
    server = await startJaeger(PROGRAMS.jaeger ?? '');
    endings.unshift(server.stop);
    const hotrod = await startHotrod(PROGRAMS.hotrod ?? '', server.intake);
    endings.unshift(hotrod.stop);
    const dispatch = async (index: number): Promise<void> => {
      const customer = CUSTOMERS[index % CUSTOMERS.length];
      await (await fetch(`${hotrod.url}/dispatch?customer=${customer}&nonse=${index}`)).arrayBuffer();
    };
    for (let index = 0; index < CALM; index += 1) await dispatch(index);
    onset = Date.now() * 1_000;
    for (let crowd = 0; crowd < CROWDS; crowd += 1)
      await Promise.all(Array.from({ length: CROWD }, (_, index) => dispatch(index)));
    end = Date.now() * 1_000;
    // It hands over what it has measured every five seconds.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
  }, 180_000);
  afterAll(async () => {
    for (const stop of endings) await stop();
  });

  const read = (window: { readonly from: number; readonly to: number }): Promise<Gathered> => {
    const backend = jaeger.connect({ url: server?.url ?? '' }, {});
    const parts = { backend, clock: systemClock, analyst: analystOnThisThread() };
    return gatherForWindow(parts, { services: ['frontend'], ...window }, { progress: async () => {}, signal });
  };

  test('the database is named, wherever one begins to look', async () => {
    const found = await read({ from: onset, to: end });
    expect(found.gathering.suspects).toBeGreaterThan(CROWD);
    expect(found.gathering.baseline).toBeGreaterThan(20);
    const { verdict } = await found.analyse(undefined, signal);
    expect(verdict.kind).toBe('cause');
    const [first] = verdict.hypotheses;
    expect(JSON.stringify(first?.component)).toContain('mysql');
    // Its client spans report as the database itself; the wait for its lock is told in events of their own words.
    expect(['slow-query', 'lock-wait']).toContain(first?.mechanism);
  });

  test('calm against calm names nobody for sure', async () => {
    const calm = onset - 1;
    const found = await read({ from: calm - 5_000_000, to: calm });
    expect((await found.analyse(undefined, signal)).verdict.kind).not.toBe('cause');
  });
});
