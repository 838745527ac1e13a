import type { Component, Mechanism } from './finding.ts';
import type { Analysis } from './verdict.ts';

/** What broke, without its evidence: enough to say it again and to know it again. */
export type Culprit = {
  readonly mechanism: Mechanism;
  readonly component: Component;
  /** What the traces share, by its key alone: `on another version` is the same trouble. */
  readonly qualifier?: string;
};

/** What the verdict names; undefined when it names nobody. */
export function culpritOf({ verdict }: Analysis): Culprit | undefined {
  const top = verdict.hypotheses[0];
  if (verdict.kind === 'cannot-tell' || top === undefined) return undefined;
  const { mechanism, component, qualifier } = top;
  return { mechanism, component, ...(qualifier === undefined ? {} : { qualifier: qualifier.key }) };
}

/** Whether both name the same component and mechanism, to the letter; null and undefined name nobody. */
export function isSameCulprit(a: Culprit | null | undefined, b: Culprit | null | undefined): boolean {
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null);
  return a.mechanism === b.mechanism && placeOf(a.component).join('\n') === placeOf(b.component).join('\n');
}

/** A component as its names in a fixed order. */
export function placeOf(component: Component): readonly string[] {
  switch (component.kind) {
    case 'service':
      return ['service', component.service];
    case 'operation':
      return ['operation', component.service, component.operation];
    case 'edge':
      return ['edge', component.from, component.to, component.operation ?? ''];
    case 'attribute':
      return ['attribute', component.key, component.value, ...new Set(component.services.toSorted())];
  }
}
