import { afterEach, beforeEach, expect, test } from 'vitest';
import { askSender, withCaveat } from '../../src/investigation/ask-sender.ts';
import type { Alert } from '../../src/model/alert.ts';
import { answered, CASCADE } from '../render/speaking.ts';
import { embeddedParts } from './parts.ts';

const signal = new AbortController().signal;
const known = answered(CASCADE);
const told = (alert: Alert): Alert => ({ ...alert, severity: 'critical', links: { runbook: 'https://w.example.com' } });
let parts: ReturnType<typeof embeddedParts>;
beforeEach(async () => {
  parts = embeddedParts();
  await parts.store.update(known.id, () => known);
});
afterEach(() => parts.close());
const stored = async () => (await parts.store.find({ by: 'id', id: known.id }))?.trigger;

test('what the sender adds is used and kept', async () => {
  const enrich = async (alert: Alert) => ({ alert: told(alert), caveat: 'Not all was read' });
  const { investigation, caveat } = await askSender({ ...parts, enrich }, known, signal);
  expect(investigation.trigger).toMatchObject({ alert: { severity: 'critical' } });
  expect(await stored()).toEqual(investigation.trigger);
  expect(withCaveat({ ...known.gathering, notes: ['a'] }, caveat).notes).toEqual(['Not all was read', 'a']);
  expect(withCaveat(known.gathering, undefined)).toBe(known.gathering);
});

test('an alert that fired again meanwhile keeps what it says now', async () => {
  const enrich = async (alert: Alert) => {
    await parts.store.update(known.id, () => ({
      ...known,
      trigger: { kind: 'alert', alert: { ...alert, delivery: 'd2', title: 'again' } },
    }));
    return { alert: told(alert) };
  };
  await askSender({ ...parts, enrich }, known, signal);
  expect(await stored()).toMatchObject({ alert: { delivery: 'd2', title: 'again' } });
});

test('nobody is asked about a question of a person, and nothing is written when there is nothing new', async () => {
  const asked = { kind: 'command', traceId: 'a', by: 'U1', channel: 'C1', request: 'r' } as const;
  const never = () => Promise.reject(new Error('asked'));
  const person = { ...known, trigger: asked };
  expect(await askSender({ ...parts, enrich: never }, person, signal)).toEqual({ investigation: person });
  const nothing = async (alert: Alert) => ({ alert, caveat: 'PagerDuty did not answer' });
  expect(await askSender({ ...parts, enrich: nothing }, known, signal)).toEqual({
    investigation: known,
    caveat: 'PagerDuty did not answer',
  });
});
