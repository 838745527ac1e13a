import { performance } from 'node:perf_hooks';

/**
 * Adds up what pieces of work took, on the clock and on the processor (this thread alone, so without the collector's
 * helpers). On a machine that is shared only the second compares.
 */
export class Stopwatch {
  wall = 0;
  cpu = 0;

  run<T>(work: () => T): T {
    const from = performance.now();
    const before = process.threadCpuUsage();
    const result = work();
    const { user, system } = process.threadCpuUsage(before);
    this.cpu += (user + system) / 1_000;
    this.wall += performance.now() - from;
    return result;
  }

  toString(): string {
    return `${this.wall.toFixed(0)} ms (${this.cpu.toFixed(0)} of processor)`;
  }
}

/** So many a second, on the clock and on the processor. */
export const perSecond = (count: number, { wall, cpu }: Pick<Stopwatch, 'wall' | 'cpu'>): string =>
  `${Math.round((count / wall) * 1_000)} (${Math.round((count / cpu) * 1_000)}) a second`;
