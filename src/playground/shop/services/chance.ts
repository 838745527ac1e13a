import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits as real work does: mostly about `medianMs`, sometimes much longer, never negative (a log-normal; `spread` is the
 * standard deviation of the logarithm, 0.35 puts the 95th percentile at 1.8 times the median).
 */
export function work(medianMs: number, spread = 0.35): Promise<void> {
  return sleep(medianMs * Math.exp(spread * gaussian()));
}

/** True in `share` of all cases. */
export function happens(share: number): boolean {
  return Math.random() < share;
}

/** Standard normal, by Box and Muller. */
function gaussian(): number {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

export function pick<T>(from: readonly [T, ...T[]]): T {
  return from[Math.floor(Math.random() * from.length)] ?? from[0];
}

/** One of the options, each as likely as its weight says. */
export function choose<T>(options: readonly [Weighted<T>, ...Weighted<T>[]]): T {
  let left = Math.random() * options.reduce((sum, option) => sum + option.weight, 0);
  for (const option of options) {
    left -= option.weight;
    if (left < 0) return option.value;
  }
  return options[0].value;
}

type Weighted<T> = { readonly weight: number; readonly value: T };
