import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AlertSource } from '../../src/ports/alert-source.ts';
import { type AlertSourceBed, alertSourceContract } from '../contracts/alert-source.ts';
import { makeSource } from './make-source.ts';

const token = 'token-of-the-test-0123456789abcdef';

/** Hands a preset of `generic` to the contract suite; `header` is the one that its sender puts the token into. */
export function presetContract(
  kind: string,
  bed: Pick<AlertSourceBed, 'fixtures' | 'life' | 'withLabels'>,
  header = 'x-causeway-token',
): AlertSource {
  const source = makeSource(kind, { tokens: `older, ${token}` });
  alertSourceContract({
    ...bed,
    source,
    deliver: (body) => ({ headers: { [header]: token }, body }),
    proof: 'token',
    stale: 'none: nothing is signed',
  });
  return source;
}

/**
 * A template is JSON once its variables are filled in, and every member that the preset reads is among them: the guide in
 * `docs/alerts.md` shows it as it is.
 */
export function templateContract(template: string, variable: RegExp, fixture: unknown): void {
  test('the template to paste is JSON when it is filled in, has the members of the fixture, and is in the guide', () => {
    const filled: unknown = JSON.parse(template.replaceAll(variable, (found) => (found.startsWith('"') ? '"x"' : '1')));
    expect(Object.keys(filled ?? {})).toEqual(expect.arrayContaining(['id' in Object(filled) ? 'id' : 'incident']));
    for (const key of Object.keys(filled ?? {})) expect(Object.keys(Object(fixture)), key).toContain(key);
    const guide = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'alerts.md'), 'utf8');
    expect(guide).toContain(template);
  });
}

export function fixtureOf(kind: string, name: string): Buffer {
  return readFileSync(join(import.meta.dirname, '..', 'fixtures', kind, name));
}
