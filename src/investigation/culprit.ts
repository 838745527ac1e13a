import { createHash } from 'node:crypto';
import type { Component } from '../model/finding.ts';
import type { Culprit } from '../model/investigation.ts';
import type { Analysis } from '../model/verdict.ts';

/** What the verdict names; undefined when it names nobody. */
export function culpritOf({ verdict }: Analysis): Culprit | undefined {
  const top = verdict.hypotheses[0];
  if (verdict.kind === 'cannot-tell' || top === undefined) return undefined;
  const { mechanism, component, qualifier } = top;
  return { mechanism, component, ...(qualifier === undefined ? {} : { qualifier: qualifier.key }) };
}

/** The same for alerts that one cause woke: component and mechanism, to the letter. */
export function causeKey({ mechanism, component }: Culprit): string {
  return digest([mechanism, ...placeOf(component, (name) => name, 'whole')]);
}

/**
 * The same whenever the cause comes back: component, mechanism and the kind of what its traces share. Ids and numbers in
 * names do not count, nor does the value of an attribute: the next bad release has another version, the next bad host
 * another name.
 */
export function fingerprintOf({ mechanism, component, qualifier = '' }: Culprit): string {
  return digest([mechanism, ...placeOf(component, lasting, 'kind'), qualifier]);
}

/** Whether a fire after the end is the trouble that it was before. */
export function isSameCulprit(a: Culprit | null | undefined, b: Culprit | null | undefined): boolean {
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null);
  return causeKey(a) === causeKey(b);
}

function placeOf(component: Component, named: (name: string) => string, value: 'whole' | 'kind'): readonly string[] {
  switch (component.kind) {
    case 'service':
      return ['service', named(component.service)];
    case 'operation':
      return ['operation', named(component.service), named(component.operation)];
    case 'edge':
      return ['edge', named(component.from), named(component.to), named(component.operation ?? '')];
    case 'attribute': {
      const services = [...new Set(component.services.map(named))].toSorted();
      return ['attribute', component.key, value === 'whole' ? component.value : '', ...services];
    }
  }
}

/** The name without what is different next time: UUIDs, hexadecimal ids of eight digits and more that have a decimal one, numbers. */
function lasting(name: string): string {
  return name
    .toLowerCase()
    .replace(/\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/g, '#')
    .replace(/\b(?=[\da-f]*\d)[\da-f]{8,}\b/g, '#')
    .replace(/\d+/g, '#');
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
