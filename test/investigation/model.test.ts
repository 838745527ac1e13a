import { expect, test } from 'vitest';
import { analyse } from '../../src/investigation/analyse.ts';
import { MODEL } from '../../src/investigation/analyse-verdict.ts';
import type { Component } from '../../src/model/finding.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { PATTERNS } from '../detectors/patterns.ts';
import { inputOf, recording } from './analyse-input.ts';

const title = (component: Component): string => {
  switch (component.kind) {
    case 'edge':
      return `${component.from} → ${component.to}`;
    case 'attribute':
      return `${component.key}=${component.value} on ${component.services.join(', ')}`;
    case 'operation':
      return `${component.service} ${component.operation}`;
    case 'service':
      return component.service;
  }
};

/** A verdict in one line. */
function line(name: string, suspects: readonly SpanRecord[], baseline: readonly SpanRecord[]): string {
  const { kind, confidence, hypotheses } = analyse(inputOf(suspects, baseline)).verdict;
  const said = hypotheses.map(({ role, mechanism, component }) => `${role} ${mechanism} ${title(component)}`);
  return [`${name}: ${kind}, ${confidence}`, ...said].join(' | ');
}

/**
 * What this version of the model says of drawn and of recorded traces. When it says something else, that is another version:
 * raise `MODEL` by the rule that stands beside it, and a file of the new name appears; remove the old one.
 */
test(`the verdicts are those of ${MODEL}`, { timeout: 60_000 }, async () => {
  const drawn = PATTERNS.map(({ number, suspects, baseline }) => line(number, suspects, baseline));
  const recorded = ['tls-retry', 'write-race', 'slow-serialisation', 'auth-cascade', 'audit'].map((name) =>
    line(name, recording(`${name}.abnormal`), recording(`${name}.normal`)),
  );
  expect(MODEL).toMatch(/^rca-\d+\.\d+$/);
  await expect(`${[...drawn, ...recorded].join('\n')}\n`).toMatchFileSnapshot(`../golden/model/${MODEL}.txt`);
});
