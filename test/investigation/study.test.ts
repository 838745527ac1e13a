import { expect, test } from 'vitest';
import type { AnalysisInput } from '../../src/investigation/analyse.ts';
import { analyse } from '../../src/investigation/analyse.ts';
import { OpenStudy } from '../../src/investigation/study.ts';
import { times } from '../detectors/seen.ts';
import { DRAWN_EPOCH } from '../draw.ts';

test.each([
  [{ by: 'onset', alertAt: DRAWN_EPOCH, named: [], picked: [], whole: true } as const, true],
  [{ by: 'onset', alertAt: DRAWN_EPOCH, named: [], picked: [] } as const, false],
  [{ by: 'hand', suspects: [] } as const, false],
])('an analysis knows whether it has every trace that was kept: %o', (division, whole) => {
  const asked: AnalysisInput[] = [];
  const study = new OpenStudy((input) => {
    asked.push(input);
    return analyse(input);
  });
  study.add(times(3, 'web  GET /  server  0..20\n'));
  study.divide(division);
  study.analyse({});
  expect(asked.map(({ hints }) => hints?.whole)).toEqual([whole]);
});
