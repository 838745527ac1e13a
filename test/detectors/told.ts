import type { Component, Evidence, Finding, Quantity } from '../../src/model/finding.ts';

/** A finding with all that it holds, as lines to read and to compare; numbers to six digits. */
export function toldBy(finding: Finding): string {
  const { detector, mechanism, role, component, strength, specificity, support, evidence } = finding;
  const shares = `strength ${short(strength)}, specificity ${short(specificity)}, ${support} requests`;
  return [`${detector}: ${role} ${mechanism} at ${place(component)} (${shares})`, ...evidence.map(lineOf)].join('\n');
}

export const short = (value: number): string => String(Number(value.toPrecision(6)));

function place(component: Component): string {
  switch (component.kind) {
    case 'service':
      return component.service;
    case 'operation':
      return `${component.service} ${component.operation}`;
    case 'edge':
      return `${component.from} → ${component.to}${component.operation === undefined ? '' : ` ${component.operation}`}`;
    case 'attribute':
      return `${component.key}=${component.value} of ${component.services.join(', ')}`;
  }
}

function lineOf({ claim, values, traceId, spanIds, counts, statistic }: Evidence): string {
  const told = Object.entries(values).map(([name, quantity]) => `${name}=${amount(quantity)}`);
  const of = counts === undefined ? '' : `, ${counts.with}/${counts.of}`;
  const before = counts?.baselineOf === undefined ? '' : ` before ${counts.baselineWith}/${counts.baselineOf}`;
  const test = statistic === undefined ? '' : `, ${statistic.name} ${short(statistic.value)}`;
  const spans = spanIds.map((id) => id.slice(-4)).join(' ');
  return `  ${claim}: ${told.join(' ')}${of}${before}${test} [${traceId.slice(-4)}: ${spans}]`;
}

const amount = ({ unit, value }: Quantity): string =>
  typeof value === 'number' ? `${short(value)} ${unit}` : JSON.stringify(value);
