import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/investigation/analyse.ts';
import { inputOf, recording, renamed } from './analyse-input.ts';

const VERDICTS = {
  'tls-retry': { mechanism: 'tls-handshake-retry', component: { kind: 'edge', from: 'payment', to: 'paygw' } },
  'write-race': { mechanism: 'premature-commit', component: { kind: 'service', service: 'order' } },
  'slow-serialisation': {
    mechanism: 'per-hop-overhead',
    component: { kind: 'attribute', key: 'service.version', value: '2', services: ['gateway', 'inventory', 'order'] },
  },
  'auth-cascade': { mechanism: 'timeout', component: { kind: 'service', service: 'auth' } },
} as const;
const NAMES = Object.keys(VERDICTS) as (keyof typeof VERDICTS)[];

describe.for(NAMES)('real spans of %s', (name) => {
  const abnormal = recording(`${name}.abnormal`);
  const normal = recording(`${name}.normal`);

  test('give the cause', () => {
    const { verdict } = analyse(inputOf(abnormal, normal));
    expect(verdict.kind).toBe('cause');
    expect(verdict.confidence).toBe('high');
    expect(verdict.hypotheses[0]).toMatchObject(VERDICTS[name]);
    expect(verdict.hypotheses.filter(({ role }) => role === 'cause')).toHaveLength(1);
  });

  test('give the same cause under other names', () => {
    const other = (service: string) => `zz-${[...service].reverse().join('')}`;
    const { verdict } = analyse(inputOf(renamed(abnormal, other), renamed(normal, other)));
    const { verdict: plain } = analyse(inputOf(abnormal, normal));
    expect(verdict.hypotheses[0]?.mechanism).toBe(plain.hypotheses[0]?.mechanism);
    const back = JSON.stringify(verdict.hypotheses[0]?.component).replace(/zz-([a-z]+)/g, (_, word: string) =>
      [...word].reverse().join(''),
    );
    expect(JSON.parse(back)).toMatchObject(
      name === 'slow-serialisation' ? { key: 'service.version', value: '2' } : VERDICTS[name].component,
    );
  });

  test('of before the fault, held against themselves, name nobody', () => {
    const odd = (traceId: string) => Number.parseInt(traceId.slice(-1), 16) % 2 === 1;
    for (const swap of [false, true]) {
      const { verdict } = analyse(
        inputOf(
          normal.filter((span) => odd(span.traceId) === swap),
          normal.filter((span) => odd(span.traceId) !== swap),
        ),
      );
      expect(verdict.kind).toBe('cannot-tell');
    }
  });
});

test('real spans of an audit give a lineage and no cause', () => {
  const { verdict, lineage } = analyse(inputOf(recording('audit.abnormal'), recording('audit.normal')));
  expect(verdict).toMatchObject({ kind: 'cannot-tell', hypotheses: [] });
  expect(lineage?.actor.key).toBe('user.id');
  expect(
    lineage?.data
      .filter((data) => (data.rows ?? 0) > 50 * (data.usualRows ?? 1))
      .map((data) => data.service)
      .sort(),
  ).toEqual(['inventory', 'order', 'payment']);
});

test('real retries in two layers have one factor: theirs, not that of another mix of requests', () => {
  const { verdict } = analyse(inputOf(recording('auth-cascade.abnormal'), recording('auth-cascade.normal')));
  const amplifier = verdict.hypotheses.find(({ role }) => role === 'amplifier');
  const factor = Number(amplifier?.evidence[0].values.factor?.value);
  expect(factor).toBeGreaterThan(4);
  expect(factor).toBeLessThanOrEqual(6.5);
  expect(amplifier?.evidence.filter(({ claim }) => claim === 'retry.layer')).toHaveLength(2);
});
