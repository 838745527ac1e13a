import { createHash } from 'node:crypto';
import { type Culprit, placeOf } from '../model/culprit.ts';
import type { Component } from '../model/finding.ts';

/** The same for alerts that one cause woke: component and mechanism, to the letter. */
export function causeKey({ mechanism, component }: Culprit): string {
  return digest([mechanism, ...placeOf(component)]);
}

/**
 * The same whenever the cause comes back: component, mechanism and the kind of what its traces share. Ids and numbers in
 * names do not count, nor does the value of an attribute: the next bad release has another version, the next bad host
 * another name.
 */
export function fingerprintOf({ mechanism, component, qualifier = '' }: Culprit): string {
  return digest([mechanism, ...placeOf(withoutValue(component)).map(lasting), qualifier]);
}

function withoutValue(component: Component): Component {
  return component.kind === 'attribute' ? { ...component, value: '' } : component;
}

/** The name without what is different next time: UUIDs, hexadecimal ids of eight digits and more that have a decimal one, numbers. */
function lasting(name: string): string {
  return name
    .toLowerCase()
    .replace(/\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/g, '#')
    .replace(/\b(?=[a-f]*\d)[\da-f]{8,}\b/g, '#')
    .replace(/\d+/g, '#');
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
