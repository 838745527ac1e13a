import { parentPort } from 'node:worker_threads';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { answerCases } from '../investigation/evaluate-run.ts';

/** One thread of `causeway evaluate`: is sent groups of cases, one at a time, and answers each with its predictions. */
const group = z.object({
  healthy: z.boolean(),
  cases: z.array(
    z.object({
      id: z.string(),
      files: z.array(z.string()),
      asked: z.union([
        z.object({ kind: z.literal('windows') }),
        z.object({ kind: z.literal('window'), suspects: z.array(z.string()) }),
        z.object({ kind: z.literal('trace'), focus: z.string() }),
      ]),
    }),
  ),
});

/** The first cases are answered this often before they count, so that the times are those of compiled code, as in a bot. */
const WARM_UPS = 5;

const { signal } = new AbortController();
let warm = false;

parentPort?.on('message', async (sent: unknown) => {
  try {
    const { cases, healthy } = group.parse(sent);
    for (let round = 0; round < WARM_UPS && !warm; round++) await answerCases(cases.slice(0, 1), healthy, signal);
    warm = true;
    parentPort?.postMessage({ predictions: await answerCases(cases, healthy, signal) });
  } catch (thrown) {
    parentPort?.postMessage({ failure: Failure.from(thrown).message });
  }
});
