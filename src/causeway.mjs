#!/usr/bin/env node
// Plain JavaScript that any Node can read: it finds the Node this program needs, or tells what to do.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
/** Linux keeps freed memory apart for every few threads; two such arenas are enough for the bot, and a storm leaves less behind. */
const FEW_ARENAS = { MALLOC_ARENA_MAX: '2' };
const [command = '--help', ...rest] = process.argv.slice(2);

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  // `start` is the bot; every other command is the command line.
  if (command === 'start') {
    withFewArenas();
    (await import('./main.ts')).main();
  } else process.exitCode = await (await import('./cli.ts')).run([command, ...rest]);
} else {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const own = ['x64', 'arm64']
    .map((cpu) => join(root, 'node_modules', `node-linux-${cpu}`, 'bin', 'node'))
    .find((path) => existsSync(path));
  if (own === undefined) {
    process.stderr.write(
      `Causeway needs Node ${NEEDED}; this is ${process.version}.\nInstall it from your package manager, or run "npm ci" here on Linux: it brings its own.\n`,
    );
    process.exitCode = 1;
  } else {
    const child = spawn(own, [...process.execArgv, fileURLToPath(import.meta.url), command, ...rest], {
      stdio: 'inherit',
      env: { ...FEW_ARENAS, ...process.env },
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
    child.on('exit', (code) => {
      process.exitCode = code ?? 1;
    });
  }
}

/** The setting is read when a process begins, so this one begins again in its own place, which takes 30 ms; the image has it from the start. */
function withFewArenas() {
  if (process.platform !== 'linux' || process.env.MALLOC_ARENA_MAX !== undefined) return;
  const words = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve?.(process.execPath, words, { ...process.env, ...FEW_ARENAS });
}
