import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { episodeOf, knownIncidents } from '../../src/investigation/known-incidents.ts';
import { fired, resolved } from '../../src/investigation/life.ts';
import type { Answered, Investigation } from '../../src/model/investigation.ts';
import { MINUTE, SECOND } from '../../src/model/units.ts';
import { anAlert, answered } from '../store/samples.ts';

const T0 = 1_790_000_000_000_000;

describe('an alert that comes back', () => {
  test('does not take its own last time for how things usually are', () => {
    const first = look('P1', T0, { since: T0 - 5 * SECOND, lastSeen: T0 + 20 * SECOND });
    const over = resolved(first, anAlert('P1', { event: 'resolved', occurredAt: T0 + 30 * SECOND, delivery: 'end' }));
    const again = alertAt('P1', T0 + 2 * MINUTE);
    const { next, work } = fired(over, again);
    expect(work).toBe('look');
    expect(knownIncidents([next], again)).toEqual([{ from: T0 - 6 * SECOND, to: T0 + 22 * SECOND }]);
    // A second try of the same look, after a failure, knows it as well.
    const failed: Investigation = { ...next, status: 'failed', setback: { kind: 'x', message: '', hint: '', at: T0 } };
    expect(knownIncidents([failed], again)).toHaveLength(1);
  });

  test('that came back before its end was told is the same trouble, which nobody must look away from', () => {
    const first = look('P1', T0, { since: T0, lastSeen: T0 + 28 * SECOND });
    const again = alertAt('P1', T0 + 30 * SECOND);
    const { next } = fired(first, { ...again, event: 'reopened' });
    expect(next.episodes).toHaveLength(1);
    expect(knownIncidents([next], again)).toEqual([]);
  });

  test('property: however often it came back, no window reaches it, and the latest times are remembered', () => {
    const gaps = fc.array(fc.integer({ min: 60, max: 3_600 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(gaps, (seconds) => {
        let at = T0;
        let current: Investigation = look('P1', at, { since: at, lastSeen: at + SECOND });
        for (const gap of seconds) {
          const end = anAlert('P1', { event: 'resolved', occurredAt: at + 10 * SECOND, delivery: `end ${at}` });
          const ended = resolved(current, end);
          at += gap * SECOND;
          const next = fired(ended, alertAt('P1', at)).next;
          // Damped while it flaps: nothing is looked at, nothing is an episode.
          current = next.status === 'answered' ? next : look('P1', at, { since: at, lastSeen: at + SECOND }, next);
        }
        const windows = knownIncidents([current], alertAt('P1', at));
        expect(windows.length).toBeLessThanOrEqual(8);
        expect(windows.length).toBeGreaterThan(0);
        for (const { from, to } of windows) {
          expect(from).toBeLessThanOrEqual(to);
          expect(to).toBeLessThan(at);
        }
      }),
    );
  });
});

test('others’ times count as they did, and those before they came back do too', () => {
  const first = look('P1', T0, { since: T0, lastSeen: T0 + 20 * SECOND });
  const over = resolved(first, anAlert('P1', { event: 'resolved', occurredAt: T0 + 30 * SECOND, delivery: 'end' }));
  const { next } = fired(over, alertAt('P1', T0 + 5 * MINUTE));
  const second = look('P1', T0 + 5 * MINUTE, { since: T0 + 5 * MINUTE, lastSeen: T0 + 6 * MINUTE }, next);
  const windows = knownIncidents([second], alertAt('P2', T0 + 9 * MINUTE));
  expect(windows.map(({ to }) => to)).toEqual([T0 + 22 * SECOND, T0 + 6 * MINUTE + 2 * SECOND]);
  expect(episodeOf(second).to).toBe(T0 + 6 * MINUTE + 2 * SECOND);
});

function alertAt(id: string, at: number) {
  return anAlert(id, { occurredAt: at, startedAt: at, delivery: `${id} ${at}`, traceIds: [] });
}

/** The alert, looked at to an end. */
function look(
  id: string,
  at: number,
  seen: { readonly since: number; readonly lastSeen: number },
  life?: Investigation,
): Answered {
  const { resolvedAt: _end, episodes: _past, fires: _fires, firedAt: _at, counted: _ids, ...sample } = answered(id);
  const { analysis, gathering } = sample;
  const { fires, firedAt, counted, episodes } = life ?? { fires: [at], firedAt: at, counted: [], episodes: undefined };
  return {
    ...sample,
    trigger: { kind: 'alert', alert: alertAt(id, at) },
    ...(fires === undefined ? {} : { fires }),
    ...(firedAt === undefined ? {} : { firedAt }),
    ...(counted === undefined ? {} : { counted }),
    ...(episodes === undefined ? {} : { episodes }),
    gathering: { ...gathering, scope: { ...gathering.scope, from: at } },
    analysis: { ...analysis, impact: { ...analysis.impact, ...seen } },
  };
}
