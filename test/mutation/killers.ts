import type { ViteUserConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { keptThread } from './kept-thread.ts';

/**
 * What kills the mutants of one folder (`npm run mutation`): its own tests, for the more there are the longer it takes to pick out
 * those that a mutant concerns. They run one file after another in one thread that keeps its modules, since every mutant runs
 * them anew. Left out are those that only ask whether something ends in time or comes out the same again.
 */
export const killersOf = (include: readonly string[]): ViteUserConfig => ({
  plugins: [
    {
      // Stryker names a pool of vitest's own, so that this one has to be put in its place.
      name: 'kept-thread',
      configureVitest({ project }) {
        project.config.pool = keptThread.name;
        project.config.poolRunner = keptThread;
      },
    },
  ],
  test: {
    include: [...include],
    exclude: ['test/**/hostile-sizes.test.ts', 'test/trace/invariance.test.ts'],
    setupFiles: ['test/mutation/no-mutant.ts'],
    isolate: false,
    // What a mutant says more than before is a difference, not something new to write down.
    update: 'none',
    testTimeout: 20_000,
    sequence: {
      /** What is quickest comes first, for the first test that fails ends a mutant's run. */
      sequencer: class extends BaseSequencer {
        override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
          const rank = ({ moduleId }: TestSpecification) => (moduleId.endsWith('measured.test.ts') ? 1 : 0);
          return files.toSorted((a, b) => rank(a) - rank(b) || (a.moduleId < b.moduleId ? -1 : 1));
        }
      },
    },
  },
});
