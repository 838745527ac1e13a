import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { portOf } from '../backends/exchange.ts';

/** A real server under test: where its API is, and where spans are sent. */
export type LiveServer = { readonly url: string; readonly intake: string; stop(): Promise<void> };

/** Where the programs are. Whoever has one elsewhere names it; a server without its program is skipped by name. */
export const PROGRAMS = {
  jaeger: process.env.JAEGER_PROGRAM ?? onPath('jaeger'),
  /** Jaeger's example of an application, written by its authors to be looked at with traces. */
  hotrod: process.env.HOTROD_PROGRAM ?? onPath('hotrod'),
  /** The executable jar, `zipkin-server-*-exec.jar` or `-slim.jar`. */
  zipkin: existing(process.env.ZIPKIN_JAR),
  victoriaTraces: process.env.VICTORIA_TRACES_PROGRAM ?? onPath('victoria-traces'),
  /** The folder of the npm package `chdb`: ClickHouse's own engine in a process. */
  chdb: existing(process.env.CHDB_PACKAGE),
};

/** What is there and what is not, a line each, with the variable that names it. */
export function programsFound(): readonly string[] {
  const variables = {
    jaeger: 'JAEGER_PROGRAM',
    hotrod: 'HOTROD_PROGRAM',
    zipkin: 'ZIPKIN_JAR',
    victoriaTraces: 'VICTORIA_TRACES_PROGRAM',
    chdb: 'CHDB_PACKAGE',
  } as const satisfies Record<keyof typeof PROGRAMS, string>;
  return Object.entries(variables).map(([name, variable]) => {
    const program = Object.entries(PROGRAMS).find(([known]) => known === name)?.[1];
    return program === undefined ? `not found: ${name}; name it in ${variable}` : `found: ${name} at ${program}`;
  });
}

export async function startJaeger(program: string): Promise<LiveServer> {
  const [http, grpc, otlp] = [await freePort(), await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), 'causeway-jaeger-'));
  const config = join(folder, 'jaeger.yaml');
  writeFileSync(config, jaegerConfig(http, grpc, otlp));
  const child = spawn(program, ['--config', config], { stdio: 'ignore' });
  const stop = async () => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const server = { url: `http://127.0.0.1:${http}`, intake: `http://127.0.0.1:${otlp}`, stop };
  await answers(`${server.url}/api/services`, child);
  return server;
}

export async function startZipkin(jar: string): Promise<LiveServer> {
  const port = await freePort();
  const ports = [`-Darmeria.ports[0].ip=127.0.0.1`, `-Darmeria.ports[0].port=${port}`];
  const child = spawn('java', ['-Xmx512m', ...ports, '-Darmeria.ports[0].protocols[0]=http', '-jar', jar], {
    stdio: 'ignore',
    env: { ...process.env, STORAGE_TYPE: 'mem' },
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/health`, child);
  return { url, intake: url, stop: () => ended(child) };
}

export async function startVictoriaTraces(program: string): Promise<LiveServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'causeway-victoria-'));
  const flags = ['-retentionPeriod=100y', '-search.latencyOffset=0s', `-storageDataPath=${folder}`];
  const child = spawn(program, [`-httpListenAddr=127.0.0.1:${port}`, ...flags], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/health`, child);
  const stop = async () => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, intake: `${url}/insert/opentelemetry`, stop };
}

/** HotROD, all its services in one process, reporting to `intake`; `url` is its front page. */
export async function startHotrod(program: string, intake: string): Promise<LiveServer> {
  const services = ['frontend', 'customer', 'driver', 'route'] as const;
  const ports: number[] = [];
  for (const _ of services) ports.push(await freePort());
  const flags = services.flatMap((service, index) => [
    `--${service}-service-hostname=127.0.0.1`,
    `--${service}-service-port=${ports[index]}`,
  ]);
  const child = spawn(program, ['all', ...flags], {
    stdio: 'ignore',
    env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: intake },
  });
  const url = `http://127.0.0.1:${ports[0]}`;
  await answers(url, child);
  return { url, intake, stop: () => ended(child) };
}

/** ClickHouse's engine behind the part of its HTTP face that a client needs: `chdb-server.mjs` tells which. */
export async function startClickHouse(chdb: string): Promise<LiveServer> {
  const port = await freePort();
  const child = spawn(process.execPath, [new URL('chdb-server.mjs', import.meta.url).pathname, chdb, String(port)], {
    stdio: 'inherit',
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/ping`, child);
  return { url, intake: url, stop: () => ended(child) };
}

/** Asks until the server answers anything at all. */
async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 700; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode} before it answered.`);
    const ok = await fetch(url).then(
      (response) => response.arrayBuffer().then(() => response.ok),
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  child.kill();
  throw new Error(`${url} does not answer.`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const end = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await end;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function existing(path: string | undefined): string | undefined {
  return path !== undefined && existsSync(path) ? path : undefined;
}

function onPath(program: string): string | undefined {
  try {
    return execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

function jaegerConfig(http: number, grpc: number, otlp: number): string {
  return `
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces: { receivers: [otlp], processors: [], exporters: [jaeger_storage_exporter] }
  telemetry:
    metrics: { level: none }
    logs: { level: warn }
extensions:
  jaeger_query:
    storage: { traces: memory }
    http: { endpoint: "127.0.0.1:${http}" }
    grpc: { endpoint: "127.0.0.1:${grpc}" }
  jaeger_storage:
    backends:
      memory: { memory: { max_traces: 100000 } }
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${otlp}" } } }
exporters:
  jaeger_storage_exporter: { trace_storage: memory }
`;
}
