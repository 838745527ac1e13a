import { randomBytes } from 'node:crypto';
import fetch from 'node-fetch';
import { alertSources } from '../alerts/index.ts';
import type { Config } from '../config.ts';
import { Failure } from '../failure.ts';
import type { AlertSource } from '../ports/alert-source.ts';
import type { Clock } from '../ports/clock.ts';

/** Who may wake the bot, and the secret that the playground's own pager signs with. */
export type Senders = { readonly sources: readonly AlertSource[]; readonly pagerDutySecret: string };

/**
 * The sources that `alerts` of the configuration names, and PagerDuty always: its secret may come from the environment, and
 * the playground makes one up. Throws one `Failure` of kind `misconfigured` that lists what is wrong with each.
 */
export function openSenders(config: Config, clock: Clock): Senders {
  const secrets = pagerDutySecrets(config);
  const { apiToken, apiUrl } = config.pagerDuty;
  const rest = { ...(apiToken === undefined ? {} : { apiToken }), apiUrl };
  const named: Config['alerts'] = { ...config.alerts, pagerduty: { ...rest, ...config.alerts.pagerduty, secrets } };
  const sources: AlertSource[] = [];
  const wrong: Failure[] = [];
  for (const [name, { kind = name, ...options }] of Object.entries(named)) {
    try {
      const definition = alertSources.find((candidate) => candidate.kind === kind);
      if (definition === undefined) throw unknownKind(name, kind);
      sources.push(definition.create(options, { name, clock, fetch }));
      if (name !== 'pagerduty' && !canProve(options)) throw unprovable(name);
    } catch (thrown) {
      wrong.push(Failure.from(thrown));
    }
  }
  const [only, ...others] = wrong;
  if (only === undefined) return { sources, pagerDutySecret: secrets[0] ?? '' };
  if (others.length === 0) throw only;
  throw new Failure(
    'misconfigured',
    wrong.map(({ message }) => message).join('\n'),
    wrong.map(({ hint }) => hint).join('\n'),
  );
}

/** Asks the sender of an alert for what its webhook left out, where that sender can be asked. */
export function enricher(sources: readonly AlertSource[]): NonNullable<AlertSource['enrich']> {
  return async (alert, signal) => {
    const source = sources.find(({ kind }) => kind === alert.source);
    return source?.enrich === undefined ? { alert } : source.enrich(alert, signal);
  };
}

/** What the file says, else the environment, else, where only the playground listens, one that nobody else knows. */
function pagerDutySecrets(config: Config): readonly string[] {
  const given = config.alerts.pagerduty?.secrets;
  const said = typeof given === 'string' ? given.split(',') : Array.isArray(given) ? given.map(String) : [];
  const known = [...said, ...config.pagerDuty.secrets].map((secret) => secret.trim()).filter((secret) => secret !== '');
  return known.length === 0 && config.chat.kind === 'playground' ? [randomBytes(24).toString('hex')] : known;
}

/** Whether any webhook could ever be trusted; a sender that none is taken from is found out at the start, not at 03:12. */
export function canProve(options: Readonly<Record<string, unknown>>): boolean {
  const given = [options.secrets, options.tokens, options.topics].flat();
  return options.unsigned === true || given.some((one) => typeof one === 'string' && /[^\s,]/.test(one));
}

function unprovable(name: string): Failure {
  return new Failure(
    'misconfigured',
    `${name}: there is nothing by which a webhook could prove where it is from.`,
    `Give \`alerts.${name}\` its secrets or tokens; docs/alerts.md says which. \`unsigned: true\` takes anybody's.`,
  );
}

function unknownKind(name: string, kind: string): Failure {
  return new Failure(
    'misconfigured',
    name === kind ? `There is no sender called ${name}.` : `${name}: there is no kind of sender called ${kind}.`,
    `Known under \`alerts\` are ${alertSources.map((known) => known.kind).join(', ')}; for another sender give it a name of your own and \`kind: generic\`.`,
  );
}
