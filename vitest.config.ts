import { defineConfig } from 'vitest/config';

/** Suites that start whole programs and play real time: one after the other, so that they only wait for themselves. */
const WHOLE_PROGRAMS = ['test/end-to-end/**/*.test.ts', 'test/playground/shop/**/*.test.ts'];
const SHARED = { testTimeout: 20_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...SHARED,
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: ['test/live/**', ...WHOLE_PROGRAMS],
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...SHARED,
          name: 'whole programs',
          include: WHOLE_PROGRAMS,
          // They start several processes each, which takes as long as the machine is busy with something else.
          testTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
