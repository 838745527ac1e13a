import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isGone, processIdentity } from '../../src/queue/process-identity.ts';

const linux = existsSync('/proc/self/stat');

test.runIf(linux)('a process is known by its start as well as its number, and is gone when it has ended', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const identity = processIdentity(child.pid ?? 0) ?? '';
  expect(identity).toContain(` ${child.pid} `);
  expect(isGone(identity)).toBe(false);
  const earlier = identity.replace(/\d+$/, '1');
  expect(isGone(earlier), 'another process that had the number before').toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isGone(identity)).toBe(true);
});

test('processes of other machines and containers, and names that are none, are not judged', () => {
  const own = processIdentity('self') ?? '';
  const [kernel, namespace] = own.split(' ');
  expect(isGone(`another-boot ${namespace} 999999999 1`)).toBe(false);
  expect(isGone(`${kernel} pid:[1] 999999999 1`)).toBe(false);
  expect(isGone('- -')).toBe(false);
  expect(isGone('')).toBe(false);
});
