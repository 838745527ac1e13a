import { programsFound } from './servers.ts';

/** Runs once before the live tests. */
export function setup(): void {
  for (const line of programsFound()) process.stdout.write(`${line}\n`);
}
