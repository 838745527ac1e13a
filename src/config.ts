import { type ConfigFile, type Problem, readConfigFile } from './config-file.ts';
import { Failure } from './failure.ts';

/** Every environment variable that the bot reads. `.env.example` and the README's table are held to this list by a test. */
export const VARIABLES = {
  PORT: { means: 'Port of webhooks, health and the playground', fallback: '3000' },
  HOST: { means: 'Address to listen on; only loopback is open without a Slack token', fallback: '127.0.0.1' },
  OTLP_PORT: { means: 'Port of the OTLP/HTTP receiver (embedded shape)', fallback: '4318' },
  CAUSEWAY_DATA: { means: 'Folder of the embedded databases', fallback: './data' },
  CAUSEWAY_CONFIG: { means: 'The YAML file with services, channels and backends', fallback: 'causeway.yml' },
  CAUSEWAY_ROLE: { means: 'all, web or worker; web and worker need REDIS_URL', fallback: 'all' },
  CAUSEWAY_SHADOW: { means: 'Post everything to this channel only, for a trial run', fallback: '' },
  CAUSEWAY_PLAYGROUND: {
    means: 'on: serve the playground even on an address that others reach; off: never',
    fallback: '',
  },
  CAUSEWAY_HASH_KEY: {
    means: 'Key of the hashes that stand for personal attributes; made and kept in CAUSEWAY_DATA when unset',
    fallback: '',
  },
  CAUSEWAY_LOG: { means: 'debug, info, warn or error', fallback: 'info' },
  SLACK_BOT_TOKEN: { means: 'xoxb-…; with it the bot talks to Slack instead of the playground', fallback: '' },
  SLACK_APP_TOKEN: { means: 'xapp-…; Socket Mode', fallback: '' },
  SLACK_SIGNING_SECRET: { means: 'HTTP mode, events at /slack/events', fallback: '' },
  SLACK_API_URL: { means: 'Any server that speaks the Slack Web API', fallback: '' },
  REDIS_URL: { means: 'redis://…; with it queue and store are shared between processes', fallback: '' },
  PAGERDUTY_WEBHOOK_SECRET: {
    means: 'Secrets of the V3 webhook subscription, comma-separated for rotation',
    fallback: '',
  },
  PAGERDUTY_API_TOKEN: {
    means: 'REST token of PagerDuty: reads the alerts of an incident, and with PAGERDUTY_FROM writes the verdict back',
    fallback: '',
  },
  PAGERDUTY_FROM: { means: 'E-mail address of the PagerDuty user in whose name notes are written', fallback: '' },
  PAGERDUTY_API_URL: {
    means: 'Where the REST interface of PagerDuty is; https://api.eu.pagerduty.com in Europe',
    fallback: 'https://api.pagerduty.com',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: { means: 'Where the bot reports its own traces; unset: nowhere', fallback: '' },
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

export type ChatConfig =
  | { readonly kind: 'playground' }
  | {
      readonly kind: 'slack';
      readonly mode: 'socket';
      readonly botToken: string;
      readonly appToken: string;
      readonly apiUrl: string | undefined;
    }
  | {
      readonly kind: 'slack';
      readonly mode: 'http';
      readonly botToken: string;
      readonly signingSecret: string;
      readonly apiUrl: string | undefined;
    };

export type Config = {
  readonly host: string;
  readonly port: number;
  readonly otlpPort: number;
  readonly data: string;
  /** Path of `causeway.yml`, which need not be there. */
  readonly configFile: string;
  readonly role: 'all' | 'web' | 'worker';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly shadow: string | undefined;
  readonly chat: ChatConfig;
  readonly redisUrl: string | undefined;
  readonly hashKey: string | undefined;
  readonly pagerDuty: {
    readonly secrets: readonly string[];
    readonly apiToken: string | undefined;
    readonly apiUrl: string;
    readonly from: string | undefined;
  };
  readonly telemetryEndpoint: string | undefined;
} & ConfigFile;

/**
 * Reads the environment and `causeway.yml`. Throws one `Failure` of kind `misconfigured` that lists every problem at once,
 * each with its hint; values never appear in it, since they may be secrets.
 */
export function readConfig(environment: Environment = process.env): Config {
  const problems: Problem[] = [];
  const text = (name: keyof typeof VARIABLES): string => (environment[name] ?? '').trim() || VARIABLES[name].fallback;
  const optional = (name: keyof typeof VARIABLES): string | undefined => text(name) || undefined;
  const oneOf = <Choice extends string>(
    name: keyof typeof VARIABLES,
    choices: readonly [Choice, ...Choice[]],
  ): Choice => {
    const given = text(name);
    const chosen = choices.find((choice) => choice === given);
    if (chosen === undefined)
      problems.push({
        where: name,
        what: `is not one of ${choices.join(', ')}`,
        hint: `Set it to one of them, or leave it unset for ${VARIABLES[name].fallback}.`,
      });
    return chosen ?? choices[0];
  };
  const port = (name: 'PORT' | 'OTLP_PORT'): number => {
    const value = Number(text(name));
    if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
    problems.push({
      where: name,
      what: 'is not a port number',
      hint: 'Use a whole number from 0 to 65535; 0 lets the system choose.',
    });
    return 0;
  };

  const file = readConfigFile(text('CAUSEWAY_CONFIG'), environment, problems);
  const role = oneOf('CAUSEWAY_ROLE', ['all', 'web', 'worker']);
  const redisUrl = optional('REDIS_URL');
  if (redisUrl !== undefined && !/^rediss?:\/\//.test(redisUrl)) {
    problems.push({
      where: 'REDIS_URL',
      what: 'does not begin with redis:// or rediss://',
      hint: 'Write redis://host:6379.',
    });
  }
  if (role !== 'all' && redisUrl === undefined) {
    problems.push({
      where: 'CAUSEWAY_ROLE',
      what: `${role} needs a queue that other processes reach`,
      hint: 'Set REDIS_URL, or leave CAUSEWAY_ROLE unset.',
    });
  }
  if (role !== 'all' && file.backends.some(({ kind }) => kind === 'embedded')) {
    problems.push({
      where: 'backend',
      what: `the embedded trace store serves one process only, not the role ${role}`,
      hint: 'Name another backend in causeway.yml, or leave CAUSEWAY_ROLE unset.',
    });
  }
  const host = text('HOST');
  const chat = readChat(text, optional, problems);
  if (optional('PAGERDUTY_FROM') !== undefined && optional('PAGERDUTY_API_TOKEN') === undefined) {
    problems.push({
      where: 'PAGERDUTY_FROM',
      what: 'is set without PAGERDUTY_API_TOKEN, so no note could be written',
      hint: 'Set PAGERDUTY_API_TOKEN to an API access key that is not read-only, or take PAGERDUTY_FROM away.',
    });
  }
  const playground = text('CAUSEWAY_PLAYGROUND');
  if (chat.kind === 'playground') {
    if (playground === 'off') {
      problems.push({
        where: 'CAUSEWAY_PLAYGROUND',
        what: 'is off and there is no Slack token, so nobody could be told anything',
        hint: 'Set SLACK_BOT_TOKEN, or leave CAUSEWAY_PLAYGROUND unset.',
      });
    } else if (!isLoopback(host) && playground !== 'on') {
      problems.push({
        where: 'HOST',
        what: `${host} is reached by others, and the playground asks nobody for a password`,
        hint: 'Set SLACK_BOT_TOKEN for real work, or CAUSEWAY_PLAYGROUND=on if everyone who reaches this address may use it.',
      });
    }
  }

  const config: Config = {
    ...file,
    host,
    port: port('PORT'),
    otlpPort: port('OTLP_PORT'),
    data: text('CAUSEWAY_DATA'),
    configFile: text('CAUSEWAY_CONFIG'),
    role,
    logLevel: oneOf('CAUSEWAY_LOG', ['info', 'debug', 'warn', 'error']),
    shadow: optional('CAUSEWAY_SHADOW')?.replace(/^#/, ''),
    chat,
    redisUrl,
    hashKey: optional('CAUSEWAY_HASH_KEY'),
    pagerDuty: {
      secrets: text('PAGERDUTY_WEBHOOK_SECRET')
        .split(',')
        .map((secret) => secret.trim())
        .filter((secret) => secret !== ''),
      apiToken: optional('PAGERDUTY_API_TOKEN'),
      apiUrl: text('PAGERDUTY_API_URL'),
      from: optional('PAGERDUTY_FROM'),
    },
    telemetryEndpoint: optional('OTEL_EXPORTER_OTLP_ENDPOINT'),
  };
  if (problems.length > 0) throw misconfigured(problems);
  return config;
}

function readChat(
  text: (name: keyof typeof VARIABLES) => string,
  optional: (name: keyof typeof VARIABLES) => string | undefined,
  problems: Problem[],
): ChatConfig {
  const botToken = optional('SLACK_BOT_TOKEN');
  const appToken = optional('SLACK_APP_TOKEN');
  const signingSecret = optional('SLACK_SIGNING_SECRET');
  if (botToken === undefined) {
    for (const name of ['SLACK_APP_TOKEN', 'SLACK_SIGNING_SECRET'] as const) {
      if (text(name) !== '')
        problems.push({
          where: name,
          what: 'is set without SLACK_BOT_TOKEN',
          hint: 'Set SLACK_BOT_TOKEN as well; see docs/slack.md.',
        });
    }
    return { kind: 'playground' };
  }
  const given = text('SLACK_API_URL');
  const apiUrl = given === '' ? undefined : given.endsWith('/') ? given : `${given}/`;
  if (apiUrl !== undefined && !URL.canParse(apiUrl))
    problems.push({ where: 'SLACK_API_URL', what: 'is not a URL', hint: 'Write for example https://slack.com/api/.' });
  if (appToken !== undefined) return { kind: 'slack', mode: 'socket', botToken, appToken, apiUrl };
  if (signingSecret === undefined) {
    problems.push({
      where: 'SLACK_BOT_TOKEN',
      what: 'is set, but neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP mode)',
      hint: 'Set one of the two; see docs/slack.md.',
    });
  }
  return { kind: 'slack', mode: 'http', botToken, signingSecret: signingSecret ?? '', apiUrl };
}

function misconfigured(problems: readonly Problem[]): Failure {
  const lines = problems.map((problem) => `  ${problem.where}: ${problem.what}\n    → ${problem.hint}`);
  const count = problems.length === 1 ? 'One thing' : `${problems.length} things`;
  return new Failure(
    'misconfigured',
    `${count} in the configuration cannot work:\n${lines.join('\n')}`,
    'Mend the lines above and start again.',
  );
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
