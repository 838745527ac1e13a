import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openNotes } from '../../src/compose/notes.ts';
import { readConfig } from '../../src/config.ts';
import { incidentNotes } from '../../src/notes/index.ts';
import { heldClock } from '../alerts/make-source.ts';

const guide = readFileSync('docs/alerts.md', 'utf8');

describe.each(incidentNotes.map(({ kind }) => kind))('%s', (kind) => {
  test('has a file with its guide, a test, and a line in the guide', () => {
    const code = readFileSync(`src/notes/${kind}.ts`, 'utf8');
    expect(code.slice(0, code.indexOf('*/'))).toMatch(/Set-up: [\s\S]*Source: /);
    expect(existsSync(`test/notes/${kind}.test.ts`)).toBe(true);
    expect(readFileSync(`test/notes/${kind}.test.ts`, 'utf8')).toContain('incidentNotesContract(');
    expect(guide).toContain(`| \`${kind}\` |`);
  });

  test('refuses an option that it does not know, and lists those that it does', () => {
    const [definition] = incidentNotes.filter((candidate) => candidate.kind === kind);
    expect(() => definition?.create({ tokken: 'x' }, kind, heldClock())).toThrow(
      expect.objectContaining({
        kind: 'misconfigured',
        hint: expect.stringMatching(/Known names are .*(token|secret)/),
      }),
    );
  });
});

test('every piece of causeway.yml in the guide opens its place', () => {
  const pieces = [...guide.matchAll(/```yaml\n(notes:[\s\S]*?)```/g)].map((match) => match[1] ?? '');
  expect(pieces).toHaveLength(incidentNotes.length);
  for (const piece of pieces) {
    const variables = [...piece.matchAll(/\$\{([A-Z_]+)\}/g)].map((match) => [match[1] ?? '', 'a-long-enough-secret']);
    const path = join(mkdtempSync(join(tmpdir(), 'causeway-guide-')), 'causeway.yml');
    writeFileSync(path, piece);
    const config = readConfig({ CAUSEWAY_CONFIG: path, ...Object.fromEntries(variables) });
    expect(openNotes(config, heldClock()), piece).toHaveLength(1);
  }
});
