import { at, numberAt } from '../model/units.ts';
import type { Impact } from '../model/verdict.ts';
import { wilson } from './statistics.ts';
import type { View } from './view.ts';

const SURE = 1.96;

/** How the examined requests came to be kept: how many of them say so, and the smallest and greatest probability. */
export type Sampling = { readonly of: number; readonly known: number; readonly least: number; readonly most: number };

/** Of the requests of the window. */
export function samplingOf({ table, window }: View): Sampling {
  let [of, known, least, most] = [0, 0, 1, 0];
  for (let trace = 0; trace < table.traces; trace++) {
    if (window[trace] !== 1) continue;
    of++;
    const probability = numberAt(table.probability, trace);
    if (probability === 0) continue;
    known++;
    least = Math.min(least, probability);
    most = Math.max(most, probability);
  }
  return { of, known, least, most };
}

/**
 * Share of the traffic that was affected, over the routes that were hit: a request that was kept with probability p stands
 * for 1 / p (its adjusted count). Undefined unless every request of those routes says its p. The interval is Wilson's for as
 * many equal requests as the unequal ones are worth (Kish: (Σw)² / Σw²), more when they are a good part of the traffic
 * itself (finite population), and none where all of it was kept. `affected` is 1 a trace.
 * Source: opentelemetry-specification, trace/tracestate-probability-sampling.md; reference section 8.3.
 */
export function trafficOf({ table, requests, window }: View, affected: Uint8Array): Impact['traffic'] {
  const routes = new Set<number>();
  for (let trace = 0; trace < table.traces; trace++) if (affected[trace] === 1) routes.add(at(requests.route, trace));
  let [read, hit, all, squares] = [0, 0, 0, 0];
  for (let trace = 0; trace < table.traces; trace++) {
    if (window[trace] !== 1 || !routes.has(at(requests.route, trace))) continue;
    const probability = numberAt(table.probability, trace);
    if (probability === 0) return undefined;
    const weight = 1 / probability;
    read++;
    all += weight;
    squares += weight * weight;
    if (affected[trace] === 1) hit += weight;
  }
  if (read === 0) return undefined;
  const share = hit / all;
  if (read >= all) return { share, low: share, high: share };
  const worth = (all * all) / squares / (1 - read / all);
  return { share, ...wilson(share * worth, worth, SURE) };
}
