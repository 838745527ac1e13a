import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { alertSources } from '../../src/alerts/index.ts';
import { openSenders } from '../../src/compose/senders.ts';
import { readConfig } from '../../src/config.ts';
import { heldClock } from './make-source.ts';

const guide = readFileSync('docs/alerts.md', 'utf8');

describe.each(alertSources.map(({ kind, title }) => [kind, title] as const))('%s', (kind, title) => {
  test('has a file with its guide, fixtures with their provenance, a test, and a section in the guide', () => {
    const code = readFileSync(`src/alerts/${kind}.ts`, 'utf8');
    expect(code.slice(0, code.indexOf('*/'))).toMatch(/Set-up: [\s\S]*Source: /);
    expect(readFileSync(`test/fixtures/${kind}/PROVENANCE.md`, 'utf8')).toContain('# Where these come from');
    expect(existsSync(`test/alerts/${kind}.test.ts`)).toBe(true);
    expect(guide).toContain(`| \`${kind}\` |`);
    if (kind !== 'generic') expect(guide).toContain(`## ${title}\n`);
  });

  test('has every fixture named in its provenance', () => {
    const provenance = readFileSync(`test/fixtures/${kind}/PROVENANCE.md`, 'utf8');
    const files = readdirSync(`test/fixtures/${kind}`).filter((name) => name !== 'PROVENANCE.md');
    expect(files.filter((name) => !provenance.includes(name) && !provenance.includes('captured.*'))).toEqual([]);
  });

  test('refuses an option that it does not know, and lists those that it does', () => {
    const [definition] = alertSources.filter((candidate) => candidate.kind === kind);
    const act = () => definition?.create({ sekrets: 'x' }, { name: kind, clock: heldClock(), fetch: Promise.reject });
    expect(act).toThrow(
      expect.objectContaining({
        kind: 'misconfigured',
        hint: expect.stringMatching(/Known names are .*(secrets|tokens)/),
      }),
    );
  });
});

test('every piece of causeway.yml in the guide and in the example starts', () => {
  const pieces = [...guide.matchAll(/```yaml\n(alerts:[\s\S]*?)```/g)].map((match) => match[1] ?? '');
  const commented = /^# alerts:\n(# .*\n)+/m.exec(readFileSync('causeway.example.yml', 'utf8'))?.[0] ?? '';
  const example = commented.replace(/^# /gm, '');
  expect(pieces.length).toBeGreaterThan(6);
  for (const piece of [...pieces, example]) {
    const variables = [...piece.matchAll(/\$\{([A-Z_]+)\}/g)].map((match) => [match[1] ?? '', 'whsec_AAAA']);
    const path = join(mkdtempSync(join(tmpdir(), 'causeway-guide-')), 'causeway.yml');
    writeFileSync(path, piece);
    const config = readConfig({ CAUSEWAY_CONFIG: path, ...Object.fromEntries(variables) });
    expect(Object.keys(config.alerts).length, piece).toBeGreaterThan(0);
    expect(openSenders(config, heldClock()).sources.length).toBeGreaterThan(0);
  }
});
