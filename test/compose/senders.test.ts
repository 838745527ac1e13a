import { expect, test } from 'vitest';
import { openSenders } from '../../src/compose/senders.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { heldClock, hmacHex } from '../alerts/make-source.ts';

const signal = new AbortController().signal;
const body = Buffer.from('{}');
const signedBy = (secret: string) => ({ headers: { 'x-pagerduty-signature': `v1=${hmacHex(secret, body)}` }, body });
const configOf = (alerts: Config['alerts'], environment: Record<string, string> = {}): Config => ({
  ...readConfig(environment),
  alerts,
});
const slack = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' };
const kindsOf = (config: Config) => openSenders(config, heldClock()).sources.map(({ kind }) => kind);

test('PagerDuty is always there, others when they are named, several of a kind under names of their own', () => {
  expect(kindsOf(configOf({}))).toEqual(['pagerduty']);
  const some = {
    grafana: { secrets: 'x' },
    zoo: { kind: 'generic', tokens: ['y'] },
    ark: { kind: 'generic', tokens: ['z'] },
  };
  expect(kindsOf(configOf(some)).toSorted()).toEqual(['ark', 'grafana', 'pagerduty', 'zoo']);
});

test('the secret of PagerDuty comes from the environment, from the file, or from both while it is rotated', () => {
  const { sources, pagerDutySecret } = openSenders(
    configOf({ pagerduty: { secrets: ['new'] } }, { PAGERDUTY_WEBHOOK_SECRET: 'old' }),
    heldClock(),
  );
  for (const secret of ['new', 'old']) expect(() => sources[0]?.authenticate(signedBy(secret), signal)).not.toThrow();
  expect(() => sources[0]?.authenticate(signedBy('other'), signal)).toThrow();
  expect(pagerDutySecret).toBe('new');
});

test('the playground makes up a secret; with Slack nothing is trusted without one', () => {
  const made = openSenders(configOf({}), heldClock()).pagerDutySecret;
  expect(made).toMatch(/^[0-9a-f]{48}$/);
  expect(openSenders(configOf({}), heldClock()).pagerDutySecret).not.toBe(made);
  const { sources, pagerDutySecret } = openSenders(configOf({}, slack), heldClock());
  expect(pagerDutySecret).toBe('');
  expect(() => sources[0]?.authenticate(signedBy(''), signal)).toThrow('No signing secret');
});

test.each([
  [{ grafanna: {} }, /no sender called grafanna/, /Known under `alerts` are pagerduty, alertmanager, grafana/],
  [{ zoo: { kind: 'generik' } }, /zoo: there is no kind of sender called generik/, /kind: generic/],
  [{ sentry: { secret: 'tops3cret' } }, /Sentry.*secret/, /alerts\.sentry.*Known names are secrets, tokens/],
  [{ sentry: {} }, /sentry: there is nothing by which/, /alerts\.sentry/],
  [{ zoo: { kind: 'generic', tokens: [' ', ','] } }, /zoo: there is nothing by which/, /unsigned: true/],
  [{ sentry: { secret: 'x' }, grafanna: {} }, /Sentry[\s\S]*grafanna/, /Known names are[\s\S]*Known under/],
])('%j cannot work, and each trouble is named', (alerts, message, hint) => {
  const act = () => openSenders(configOf(alerts), heldClock());
  expect(act).toThrow(
    expect.objectContaining({
      kind: 'misconfigured',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    }),
  );
  expect(act).toThrow(expect.objectContaining({ message: expect.not.stringContaining('tops3cret') }));
});
