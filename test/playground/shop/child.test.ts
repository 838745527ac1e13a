import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { startChild } from '../../../src/playground/shop/child.ts';
import { describeWith } from '../../needs.ts';
import { childrenOf, hasProc, isAlive, until } from './processes.ts';

const auth = { service: 'auth', version: '1', otlpUrl: 'http://127.0.0.1:9/v1/traces', traced: true };

test('a process that cannot start is a failure that says why', async () => {
  await expect(startChild({ ...auth, service: 'no-such-service' })).rejects.toMatchObject({
    kind: 'internal',
    message: expect.stringMatching(/no-such-service.*Cannot find module/),
  });
});

test('a command that a process does not know is a failure, and the process lives on', async () => {
  const child = await startChild({ ...auth, service: 'paygw', traced: false });
  await expect(child.ask({ kind: 'flush' })).rejects.toMatchObject({ message: expect.stringContaining('flush') });
  await expect(child.ask({ kind: 'behave', behaviour: HEALTHY })).resolves.toBeDefined();
  await child.stop();
  await expect(child.ask({ kind: 'behave', behaviour: HEALTHY })).rejects.toMatchObject({ name: 'Failure' });
});

const HEALTHY = { slowIntrospectionMs: 0, troubledHandshakes: 0, commitsFirst: false, serialisationMs: 0 };

describeWith('/proc', hasProc, 'the processes of the shop', () => {
  test('a process that dies fails whoever waits for it', async () => {
    const child = await startChild(auth);
    const { pid } = childrenOf(process.pid).find((one) => one.command.includes('/auth.ts'))!;
    const asked = child.ask({ kind: 'flush' });
    process.kill(pid, 'SIGKILL');
    await expect(child.crashed).rejects.toMatchObject({ message: expect.stringContaining('SIGKILL') });
    await expect(asked).rejects.toMatchObject({ message: expect.stringContaining('auth') });
    await child.stop();
  });

  test('a process gets nothing of the environment', async () => {
    process.env.SHOP_TEST_SECRET = 'do not hand on';
    const child = await startChild(auth);
    const { pid } = childrenOf(process.pid).find((one) => one.command.includes('/auth.ts'))!;
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('SHOP_TEST_SECRET');
    delete process.env.SHOP_TEST_SECRET;
    await child.stop();
  });

  test('no process outlives a bot that was killed with -9', async () => {
    const fleet = new URL('../../../src/playground/shop/fleet.ts', import.meta.url).href;
    const script = `const { startFleet } = await import(${JSON.stringify(fleet)});
      await startFleet('http://127.0.0.1:9/v1/traces', () => {});
      process.stdout.write('up');
      setInterval(() => {}, 1_000);`;
    const bot = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(bot.stdout, 'data');
    const pids = childrenOf(bot.pid!).map((one) => one.pid);
    expect(pids.length).toBe(7);
    bot.kill('SIGKILL');
    await until(() => pids.every((pid) => !isAlive(pid)), 5_000);
  });
});
