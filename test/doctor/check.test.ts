import { describe, expect, test } from 'vitest';
import { type Check, ok, runChecks, warning } from '../../src/doctor/check.ts';
import { Failure } from '../../src/failure.ts';

const { signal } = new AbortController();
const check = (name: string, look: Check['look']): Check => ({ name, standing: true, look });

describe('checks run side by side', () => {
  test('findings come in the order of the checks, whoever is done first', async () => {
    const slow = check('slow', async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return [ok('slow', 'at last')];
    });
    const quick = check('quick', async () => [warning('quick', 'so so', 'mend it'), ok('more', 'fine')]);
    expect(await runChecks([slow, quick], signal)).toEqual([
      { name: 'slow', status: 'ok', detail: 'at last' },
      { name: 'quick', status: 'warning', detail: 'so so', hint: 'mend it' },
      { name: 'more', status: 'ok', detail: 'fine' },
    ]);
  });

  test('what is thrown is a finding with its hint, and the others go on', async () => {
    const broken = check('broken', async () => {
      throw new Failure('unreachable', 'Nobody listens.', 'Start it.');
    });
    const strange = check('strange', async () => {
      throw new TypeError('x is not a function');
    });
    expect(await runChecks([broken, strange, check('well', async () => [ok('well', 'yes')])], signal)).toMatchObject([
      { name: 'broken', status: 'failed', detail: 'Nobody listens.', hint: 'Start it.' },
      { name: 'strange', status: 'failed', hint: expect.stringContaining('bug') },
      { name: 'well', status: 'ok' },
    ]);
  });

  test('what does not answer has failed, and is told to stop', async () => {
    let stopped = false;
    const silent = check('silent', (own) => {
      own.addEventListener('abort', () => {
        stopped = true;
      });
      return new Promise(() => {});
    });
    expect(await runChecks([silent], signal, 20)).toMatchObject([{ name: 'silent', status: 'failed' }]);
    expect(stopped).toBe(true);
  });

  test('an abort rejects with its reason', async () => {
    const reason = new Error('enough');
    await expect(runChecks([check('any', async () => [])], AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
