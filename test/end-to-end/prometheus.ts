import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alertmanager, prometheus } from '../needs.ts';

/** Prometheus and Alertmanager as Debian packages them, each on a port of 127.0.0.1 and with folders of its own. */
export type Monitoring = {
  readonly prometheus: string;
  readonly alertmanager: string;
  /** What Prometheus has of an expression now, by the labels of each series. */
  query(
    expression: string,
  ): Promise<readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]>;
  stop(): Promise<void>;
};

/**
 * Starts both: Prometheus scrapes the target and evaluates the rules each second, Alertmanager posts to the webhook. Resolves
 * when both say that they are ready.
 */
export async function startMonitoring(options: {
  /** `host:port` whose `/metrics` are scraped, by the name of the job. */
  readonly targets: Readonly<Record<string, string>>;
  /** Groups of alerting rules, as a rule file holds them (JSON is YAML). */
  readonly groups: readonly unknown[];
  readonly webhook: { readonly url: string; readonly token: string };
  /** How long a group gathers before it is sent. */
  readonly groupWait: string;
}): Promise<Monitoring> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-monitoring-'));
  const file = (name: string, content: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };
  const [alertmanagerPort, prometheusPort] = [await freePort(), await freePort()];
  const programs = [
    program(alertmanager ?? '', [
      `--config.file=${file('alertmanager.yml', {
        route: {
          receiver: 'causeway',
          group_by: ['alertname', 'service'],
          group_wait: options.groupWait,
          group_interval: '1s',
          repeat_interval: '1h',
        },
        receivers: [
          {
            name: 'causeway',
            webhook_configs: [
              {
                url: options.webhook.url,
                send_resolved: true,
                max_alerts: 200,
                http_config: { authorization: { credentials: options.webhook.token } },
              },
            ],
          },
        ],
      })}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
      '--cluster.listen-address=',
    ]),
    program(prometheus ?? '', [
      `--config.file=${file('prometheus.yml', {
        global: { scrape_interval: '1s', evaluation_interval: '1s' },
        rule_files: [file('rules.yml', { groups: options.groups })],
        alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanagerPort}`] }] }] },
        scrape_configs: Object.entries(options.targets).map(([job, target]) => ({
          job_name: job,
          static_configs: [{ targets: [target] }],
        })),
      })}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
    ]),
  ];
  const urls = {
    prometheus: `http://127.0.0.1:${prometheusPort}`,
    alertmanager: `http://127.0.0.1:${alertmanagerPort}`,
  };
  const stop = async () => {
    await Promise.all(programs.map(end));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(Object.values(urls).map((url) => ready(`${url}/-/ready`, programs)));
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { ...urls, query: (expression) => query(urls.prometheus, expression), stop };
}

async function query(url: string, expression: string): ReturnType<Monitoring['query']> {
  const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { data } = (await answer.json()) as {
    data: { result: readonly { metric: Record<string, string>; value: [number, string] }[] };
  };
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

type Program = { readonly child: ChildProcess; readonly gone: Promise<void>; printed: string };

function program(path: string, args: readonly string[]): Program {
  const child = spawn(path, [...args, '--log.level=warn'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const started: Program = { child, gone: new Promise((resolve) => child.once('exit', () => resolve())), printed: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      started.printed = (started.printed + chunk.toString()).slice(-4_000);
    });
  }
  return started;
}

async function end({ child, gone }: Program): Promise<void> {
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(hard);
}

async function ready(url: string, programs: readonly Program[]): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    if (programs.some(({ child }) => child.exitCode !== null)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} was never ready:\n${programs.map(({ printed }) => printed).join('\n')}`);
}

/** A port that nobody listened on a moment ago: neither program tells which one it chose by itself. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
