import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe } from 'vitest';

/**
 * A suite that needs something the machine may not have: skipped under a name that says so, failed where `CI` promises
 * that it is there.
 */
export function describeWith(need: string, isThere: boolean, name: string, suite: () => void): void {
  if (isThere) {
    describe(name, suite);
  } else if (process.env.CI) {
    describe(name, () => {
      throw new Error(`CI must have ${need}: .ci/run installs it`);
    });
  } else {
    describe.skip(`${name} (skipped: no ${need} on this machine)`, suite);
  }
}

export const redisServer = onPath('redis-server');
export const prometheus = onPath('prometheus');
/** Debian's name, and everybody else's. */
export const alertmanager = onPath('prometheus-alertmanager') ?? onPath('alertmanager');
export const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

function onPath(program: string): string | undefined {
  try {
    return execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}
