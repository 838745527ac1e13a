import { describe, expect, test } from 'vitest';
import { backendCheck, backendHealthCheck } from '../../src/doctor/backend-check.ts';
import { runChecks } from '../../src/doctor/check.ts';
import { Failure } from '../../src/failure.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { TraceBackend, TraceQuery } from '../../src/ports/trace-backend.ts';

const { signal } = new AbortController();

function backend(parts: Partial<TraceBackend> = {}): TraceBackend {
  return {
    title: 'Jaeger at http://j',
    async *fetch() {},
    search: async () => [{ traceId: 'a', start: 0, duration: 1, error: false }],
    services: async () => ['cart', 'mail'],
    linkTo: () => undefined,
    check: async () => ({ ok: true, detail: 'API version 3, 2 services seen' }),
    ...parts,
  };
}

const looked = async (given: TraceBackend) => (await runChecks([backendCheck(given, systemClock)], signal))[0];

describe('a backend is looked at', () => {
  test('version, services and one search of the last hour', async () => {
    const asked: TraceQuery[] = [];
    const finding = await looked(
      backend({
        search: async (query) => {
          asked.push(query);
          return [{ traceId: 'a', start: 0, duration: 1, error: false }];
        },
      }),
    );
    expect(finding).toEqual({
      name: 'Jaeger at http://j',
      status: 'ok',
      detail: 'API version 3, 2 services seen, a search finds traces of cart',
    });
    expect(asked).toMatchObject([{ service: 'cart', limit: 1 }]);
    expect((asked[0]?.to ?? 0) - (asked[0]?.from ?? 0)).toBe(3_600_000_000);
  });

  test('a failure of its check is not followed by a search', async () => {
    const finding = await looked(
      backend({
        check: async () => ({ ok: false, detail: 'does not know who we are (401)', hint: 'Set backend.auth.' }),
        search: () => Promise.reject(new Error('asked all the same')),
      }),
    );
    expect(finding).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('401'),
      hint: 'Set backend.auth.',
    });
  });

  test('a search that fails, a clock that is off and an empty store are told', async () => {
    const refuses = async () => {
      throw new Failure('refused', 'It refuses the question (400).', 'Report it.');
    };
    expect(await looked(backend({ search: refuses }))).toMatchObject({ status: 'failed', hint: 'Report it.' });
    const off = { ok: true, detail: 'its clock is 60 min ahead of ours', hint: 'Set both clocks (NTP).' };
    expect(await looked(backend({ check: async () => off }))).toMatchObject({ status: 'warning', hint: off.hint });
    expect(await looked(backend({ search: async () => [], services: async () => [] }))).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('finds no traces in the last hour'),
    });
  });

  test('the standing check asks nothing but its health', async () => {
    const never = () => Promise.reject(new Error('asked all the same'));
    const findings = await runChecks([backendHealthCheck(backend({ search: never, services: never }))], signal);
    expect(findings).toMatchObject([{ status: 'ok', detail: 'API version 3, 2 services seen' }]);
  });
});
