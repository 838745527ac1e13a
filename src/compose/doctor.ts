import { existsSync } from 'node:fs';
import { type Config, readConfig } from '../config.ts';
import { backendCheck, backendHealthCheck } from '../doctor/backend-check.ts';
import { type Check, type Finding, failed, ok, runChecks, warning } from '../doctor/check.ts';
import { dataFolderCheck, fontsCheck } from '../doctor/machine-checks.ts';
import { redisCheck } from '../doctor/redis-check.ts';
import { channelsCheck, EVENTS, eventsCheck, slackCalls, tokenCheck } from '../doctor/slack-checks.ts';
import { systemClock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { boltLogger } from '../slack/bolt-logger.ts';
import { notesCheck } from './notes.ts';
import { openSenders } from './senders.ts';
import { openTraces, placesOf, type Traces } from './traces.ts';

/**
 * `causeway doctor`: looks at everything that the configuration names, prints what it found and what to do, and resolves to
 * the exit code: 1 when something does not work. It posts nothing and keeps nothing.
 */
export async function examine(how: { readonly json: boolean; print(text: string): void }): Promise<number> {
  const findings = await findingsOf();
  const well = findings.every(({ status }) => status !== 'failed');
  how.print(how.json ? `${JSON.stringify({ ok: well, checks: findings }, undefined, 2)}\n` : asText(findings));
  return well ? 0 : 1;
}

async function findingsOf(): Promise<readonly Finding[]> {
  const { signal } = new AbortController();
  let config: Config;
  try {
    config = readConfig();
  } catch (thrown) {
    return [failed('Configuration', thrown), ...(await runChecks([fontsCheck], signal))];
  }
  const traces = await openedTraces(config);
  try {
    const checks = [
      sendersCheck(config),
      notesCheck(config, systemClock),
      ...traces.checks,
      ...chatChecks(config),
      ...keepingChecks(config),
      fontsCheck,
    ];
    return [configurationFinding(config), ...traces.findings, ...(await runChecks(checks, signal))];
  } finally {
    await traces.close();
  }
}

function configurationFinding({ configFile }: { readonly configFile: string }): Finding {
  const name = 'Configuration';
  return existsSync(configFile) ? ok(name, configFile) : ok(name, `the defaults; there is no ${configFile}`);
}

/** Whether anybody may wake the bot. */
function sendersCheck(config: Config): Check {
  const name = 'Alert senders';
  return {
    name,
    standing: false,
    async look() {
      const { sources, pagerDutySecret } = openSenders(config, systemClock);
      const able = sources.map(({ kind }) => kind).filter((kind) => kind !== 'pagerduty' || pagerDutySecret !== '');
      if (able.length > 0) return [ok(name, able.join(', '))];
      return [
        warning(
          name,
          'no webhook would be believed',
          'Set PAGERDUTY_WEBHOOK_SECRET, or name a sender under `alerts` in causeway.yml (docs/alerts.md).',
        ),
      ];
    },
  };
}

/** A place whose options are wrong is told as itself, and the others are looked at all the same. */
async function openedTraces(
  config: Config,
): Promise<{ readonly checks: readonly Check[]; readonly findings: readonly Finding[]; close(): Promise<void> }> {
  const checks: Check[] = [];
  const findings: Finding[] = [];
  const opened: Traces[] = [];
  for (const entry of config.backends) {
    const alone = { ...config, backends: [entry] as const };
    try {
      if (entry.kind !== 'embedded') checks.push(backendCheck(placesOf(alone, undefined)[0].backend, systemClock));
      else if (await botRuns(config)) findings.push(ok('Embedded trace store', 'in use by the bot that runs here'));
      else {
        const traces = await openTraces({ ...alone, host: '127.0.0.1', otlpPort: 0 }, QUIET);
        opened.push(traces);
        checks.push(backendCheck(traces.backend, systemClock));
      }
    } catch (thrown) {
      findings.push(failed(`Backend ${entry.kind}`, thrown));
    }
  }
  return {
    checks,
    findings,
    close: async () => {
      for (const { receiver } of opened) await receiver?.close();
    },
  };
}

/** The embedded store belongs to one process; if that is the bot itself, all is well. */
async function botRuns({ host, port }: Config): Promise<boolean> {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  try {
    const answer = await fetch(`http://${reachable}:${port}/healthz`, { signal: AbortSignal.timeout(2_000) });
    return answer.ok && (await answer.text()).includes('"ok"');
  } catch {
    return false;
  }
}

/** What the running bot looks at: all of it at its start, what is cheap again while it runs. */
export function checksOfBot(config: Config, places: Traces['places']): readonly Check[] {
  const chat = config.chat.kind === 'playground' ? [] : chatChecks(config).filter(({ name }) => name !== EVENTS);
  // The embedded store lives in this process and says itself what ails it; at the first start it is empty, which is no ailment.
  const elsewhere = places.filter((_, index) => config.backends[index]?.kind !== 'embedded');
  const reached = elsewhere.map(({ backend }) => backendHealthCheck(backend));
  return [...reached, ...chat, ...keepingChecks(config), fontsCheck];
}

function chatChecks(config: Config): readonly Check[] {
  const { chat } = config;
  if (chat.kind === 'playground') {
    const finding = ok('Chat', 'the playground, because SLACK_BOT_TOKEN is not set');
    return [{ name: 'Chat', standing: false, look: async () => [finding] }];
  }
  const calls = slackCalls(chat, boltLogger(QUIET));
  return [tokenCheck(calls), eventsCheck(calls), channelsCheck(calls, channelsIn(config))];
}

/** Every channel that cards may go to; a trial run has one. */
export function channelsIn({ shadow, channel, services, routes }: Config): readonly string[] {
  if (shadow !== undefined) return [shadow];
  return [channel, ...[...services, ...routes].flatMap((each) => each.channel ?? [])];
}

function keepingChecks({ redisUrl, data }: Config): readonly Check[] {
  return [...(redisUrl === undefined ? [] : [redisCheck(redisUrl)]), dataFolderCheck(data)];
}

const SIGNS = { ok: '✓', warning: '!', failed: '✗' } as const;

function asText(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ name, status, detail, hint }) => [
    `${SIGNS[status]} ${detail.startsWith(name) ? '' : `${name}: `}${detail.replaceAll('\n', '\n  ')}`,
    ...(hint === undefined ? [] : [`  → ${hint.replaceAll('\n', '\n    ')}`]),
  ]);
  const wrong = findings.filter(({ status }) => status === 'failed').length;
  const verdict =
    wrong === 0 ? 'All that must work does.' : `${wrong} ${wrong === 1 ? 'thing does' : 'things do'} not work.`;
  return `${lines.join('\n')}\n${verdict}\n`;
}

/** What goes wrong is a finding; a terminal needs no log beside it. */
const QUIET: Log = { info: () => {}, warn: () => {}, error: () => {} };
