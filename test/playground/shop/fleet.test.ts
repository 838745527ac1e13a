import { expect, test } from 'vitest';
import { startFleet } from '../../../src/playground/shop/fleet.ts';
import { describeWith } from '../../needs.ts';
import { childrenOf, hasProc } from './processes.ts';

const NOWHERE = 'http://127.0.0.1:9/v1/traces';

describeWith('/proc', hasProc, 'the processes of a fleet', () => {
  test('all come up, none is left, not even one that was only just starting', async () => {
    const fleet = await startFleet(NOWHERE, () => {});
    expect(childrenOf(process.pid).length).toBe(7);
    const releasing = fleet.release(['order', 'gateway'], { commitsFirst: true });
    releasing.catch(() => {});
    await fleet.stop();
    expect(childrenOf(process.pid)).toEqual([]);
    await expect(releasing).rejects.toMatchObject({ name: 'Failure' });
    await expect(fleet.release(['order'], {})).rejects.toMatchObject({ kind: 'refused' });
    expect(childrenOf(process.pid)).toEqual([]);
  });

  test('version 2 comes and goes beside version 1, and one that dies is told of', async () => {
    const fleet = await startFleet(NOWHERE, () => {});
    await fleet.release(['order'], { commitsFirst: true });
    expect(childrenOf(process.pid).length).toBe(8);
    await fleet.withdraw();
    expect(childrenOf(process.pid).length).toBe(7);
    const auth = childrenOf(process.pid).find((one) => one.command.includes('/auth.ts'))!;
    process.kill(auth.pid, 'SIGKILL');
    await expect(fleet.crashed).rejects.toMatchObject({ message: expect.stringContaining('auth') });
    await fleet.stop();
    expect(childrenOf(process.pid)).toEqual([]);
  });
});
