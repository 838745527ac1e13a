import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { expect, test } from 'vitest';

/** Who may import whom, by the first part of the path below `src`. ARCHITECTURE.md says the same in words. */
const SHARED = ['failure.ts', 'telemetry.ts'];
const ADAPTER = [
  'model',
  'ports',
  'formats',
  'http.ts',
  'rest.ts',
  'database.ts',
  'database-row.ts',
  'redis.ts',
  ...SHARED,
];
const PURE = ['model', 'trace', 'population', 'detectors'];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  ports: ['model'],
  formats: ['model', 'failure.ts'],
  trace: ['model'],
  population: ['model', 'trace'],
  detectors: ['model', 'trace', 'population'],
  render: ['model', 'trace', 'failure.ts'],
  backends: ADAPTER,
  alerts: ADAPTER,
  notes: ADAPTER,
  queue: ADAPTER,
  store: ADAPTER,
  slack: ADAPTER,
  playground: ADAPTER,
  receiver: ADAPTER,
  investigation: [...PURE, 'ports', 'render', 'formats', ...SHARED],
  questions: [...PURE, 'ports', 'render', 'formats', 'investigation', ...SHARED],
  'failure.ts': [],
  'http.ts': ['failure.ts'],
  'rest.ts': ['failure.ts'],
  'telemetry.ts': [],
  'database.ts': ['failure.ts', 'database-failure.ts', 'database-row.ts', 'database-schema.ts', 'ports', 'model'],
  'database-schema.ts': ['failure.ts', 'database-row.ts'],
  'config.ts': ['failure.ts', 'config-file.ts'],
  'config-file.ts': ['config-lines.ts', 'config-routes.ts', 'environment-references.ts'],
  'config-lines.ts': [],
  'config-routes.ts': ['model'],
  'environment-references.ts': [],
  'telemetry-sdk.ts': ['config.ts', 'ports'],
  'server.ts': ['failure.ts', 'http.ts', 'ports'],
  'compose.ts': ['*'],
  compose: ['*'],
  doctor: ['model', 'ports', 'slack', 'render', 'config.ts', 'redis.ts', 'failure.ts'],
  'webhooks.ts': ['failure.ts', 'http.ts', 'model', 'ports', 'telemetry.ts'],
  'metrics.ts': ['http.ts', 'ports'],
  'redis.ts': ['failure.ts', 'ports'],
  'database-failure.ts': ['failure.ts'],
  'database-row.ts': ['failure.ts'],
  'main.ts': ['compose.ts', 'config.ts', 'failure.ts'],
  'cli.ts': ['compose', 'failure.ts'],
  'causeway.mjs': ['main.ts', 'cli.ts'],
};

/** Packages that only some places may know. */
const PACKAGES: readonly {
  readonly pattern: RegExp;
  readonly only: (path: string) => boolean;
  readonly said: string;
}[] = [
  {
    pattern: /^@slack\//,
    only: (path) => /^(slack|playground)\//.test(path),
    said: '@slack/* only in slack/ and playground/',
  },
  { pattern: /^bullmq$/, only: (path) => path === 'queue/distributed.ts', said: 'bullmq in one file' },
  {
    pattern: /^(sharp|vega|vega-lite)$/,
    only: (path) => path.startsWith('render/'),
    said: 'sharp and vega only in render/',
  },
];

const sources = filesBelow('src').map((path) => {
  const name = relative('src', path);
  return { name, room: roomOf(name), code: readFileSync(path, 'utf8') };
});

test('every import goes where the architecture allows it', () => {
  const broken: string[] = [];
  for (const { name, room, code } of sources) {
    const allowed = MAY_IMPORT[room];
    if (allowed === undefined) broken.push(`${name}: ${room} is not in the table`);
    for (const specifier of importsOf(code)) {
      if (!specifier.startsWith('.')) {
        for (const rule of PACKAGES)
          if (rule.pattern.test(specifier) && !rule.only(name))
            broken.push(`${name} imports ${specifier}: ${rule.said}`);
        continue;
      }
      const target = normalize(join(dirname(name), specifier));
      const targetRoom = roomOf(target);
      if (targetRoom === room || allowed?.includes('*') || allowed?.includes(targetRoom)) continue;
      broken.push(`${name} imports ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

test('only config.ts reads the environment', () => {
  // Child processes of the shop get theirs from their parent, which is what an environment is for.
  const readers = sources
    .filter(({ name, code }) => code.includes('process.env') && !name.startsWith('playground/shop/'))
    .map(({ name }) => name);
  // The door hands the environment on to the process that it becomes.
  expect(
    readers.filter((name) => name !== 'config.ts' && name !== 'causeway.mjs' && name !== 'render/fonts.ts'),
  ).toEqual([]);
});

test('outside the playground nothing knows the demo shop or its scenarios', () => {
  const names = /\b(paygw|tls-retry|write-race|slow-serialisation|auth-cascade)\b/i;
  const telltales = sources.filter(({ name, code }) => !name.startsWith('playground/') && names.test(code));
  expect(telltales.map(({ name }) => name)).toEqual([]);
});

test('files stay small enough to be read at one sitting', () => {
  const long = sources
    .filter(({ code }) => code.split('\n').length > 300)
    .map(({ name, code }) => `${name}: ${code.split('\n').length} lines`);
  expect(long).toEqual([]);
});

test('no name says nothing', () => {
  expect(
    sources
      .map(({ name }) => name)
      .filter((name) => /(^|\/)(utils?|helpers?|common|misc|shared|manager)(\.ts$|\/)/.test(name)),
  ).toEqual([]);
});

function roomOf(name: string): string {
  return name.split('/', 1)[0] ?? name;
}

function importsOf(code: string): readonly string[] {
  return [...code.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'([^']+)'/gm)].map((match) => match[1] ?? '');
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
