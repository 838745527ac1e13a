import type { Finding, Mechanism } from '../model/finding.ts';

/** Two findings of one family read the same spans, so only the stronger counts. */
type Family = 'timing' | 'error' | 'structure' | 'order' | 'attribute' | 'connection';

/**
 * For each mechanism: its family (two findings of one family read the same spans, so only the stronger counts), how much it
 * says against a vaguer one about the same party, and whether it shows by itself what happened.
 */
const MECHANISM: Readonly<Partial<Record<Mechanism, readonly [Family, number, boolean]>>> = {
  'tls-handshake-retry': ['connection', 1, true],
  'connection-setup': ['connection', 0.85, true],
  'premature-commit': ['order', 1, true],
  'order-inversion': ['order', 0.5, false],
  'concurrency-regression': ['order', 0.9, true],
  timeout: ['error', 0.95, true],
  error: ['error', 0.85, true],
  'swallowed-error': ['error', 0.4, false],
  'per-hop-overhead': ['attribute', 1, true],
  'bad-instance': ['attribute', 0.9, false],
  'n-plus-one': ['timing', 0.95, true],
  'pool-wait': ['timing', 0.95, true],
  queueing: ['timing', 0.9, true],
  'lock-wait': ['timing', 0.9, false],
  'slow-query': ['timing', 0.85, false],
  'slow-operation': ['timing', 0.75, false],
  'network-delay': ['timing', 0.75, false],
  'blind-spot': ['timing', 0.75, false],
  pause: ['timing', 0.85, true],
  'cache-miss': ['structure', 0.9, true],
  'structural-change': ['structure', 0.5, false],
};
const FAMILY_WEIGHT: Readonly<Record<Family, number>> = {
  error: 0.6,
  order: 0.6,
  connection: 0.6,
  timing: 0.5,
  attribute: 0.5,
  structure: 0.4,
};
const UNKNOWN = ['structure', 0.4, false] as const;
/** From here on a finding that could show what happened does. */
const SHOWN = 0.4;

/** The family of a mechanism, and whether it shows by itself what happened. */
export function natureOf(mechanism: Mechanism): { readonly family: Family; readonly explicit: boolean } {
  const [family, , explicit] = MECHANISM[mechanism] ?? UNKNOWN;
  return { family, explicit };
}

/** What happened is in the spans, not only that something took longer. */
export function showsItself({ mechanism, strength, specificity }: Finding): boolean {
  return natureOf(mechanism).explicit && strength * specificity >= SHOWN;
}

/** Whether all that is claimed is that time was lost. */
export const isAboutTime = ({ mechanism }: Finding): boolean => natureOf(mechanism).family === 'timing';

/** How far independent families agree: noisy-or over families, the strongest finding of each. */
export function agreement(findings: readonly Finding[]): number {
  const best = new Map<Family, number>();
  for (const { mechanism, strength, specificity } of findings) {
    const family = natureOf(mechanism).family;
    best.set(family, Math.max(best.get(family) ?? 0, strength * specificity));
  }
  let doubt = 1;
  for (const [family, value] of best) doubt *= 1 - FAMILY_WEIGHT[family] * value;
  return 1 - doubt;
}

/**
 * How strongly a finding claims to be the mechanism; among findings about time the one where most time was lost, `share` of
 * what the most costly of its rivals lost.
 */
export function pullOf(finding: Finding, share: number): number {
  const [family, weight] = MECHANISM[finding.mechanism] ?? UNKNOWN;
  const pull = finding.strength * finding.specificity * weight;
  if (family !== 'timing' || finding.mechanism === 'n-plus-one' || finding.mechanism === 'pool-wait') return pull;
  return pull * share;
}
