import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * What kills mutants of `src/trace`, `src/population` and `src/detectors` (`npm run mutation`): the tests of these three, one
 * file after another in one thread that keeps its modules, since every mutant runs them anew. Left out are those that only ask
 * whether something ends in time, which a mutant that does not end shows as well.
 */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    include: ['test/{trace,population,detectors}/**/*.test.ts'],
    exclude: ['test/**/hostile-sizes.test.ts'],
    isolate: false,
    testTimeout: 20_000,
    sequence: {
      /** What sees most comes first, for the first test that fails ends a mutant's run. */
      sequencer: class extends BaseSequencer {
        override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
          const rank = ({ moduleId }: TestSpecification) => (moduleId.endsWith('measured.test.ts') ? 0 : 1);
          return files.toSorted((a, b) => rank(a) - rank(b) || (a.moduleId < b.moduleId ? -1 : 1));
        }
      },
    },
  },
});
