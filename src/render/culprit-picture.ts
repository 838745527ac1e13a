import type { Answered } from '../model/investigation.ts';
import type { Picture } from '../model/message.ts';
import type { SpanTable } from '../model/trace.ts';
import { findTrace } from '../trace/build.ts';
import { criticalPath } from '../trace/critical-path.ts';
import type { WaterfallOptions } from './waterfall.ts';
import { drawWaterfall } from './waterfall.ts';
import type { Words } from './words.ts';

/**
 * The most telling trace of an investigation with the culprit framed; with `beside: 'healthy'` above a healthy one.
 * `undefined` when no trace stands for it, or its spans were not kept.
 */
export async function drawCulprit(
  answered: Answered,
  table: SpanTable,
  size: WaterfallOptions['size'],
  words: Words,
  beside?: 'healthy',
): Promise<Picture | undefined> {
  const { exemplar, culpritSpans } = answered.analysis;
  const trace = exemplar && findTrace(table, exemplar.suspect);
  if (!trace) return undefined;
  const healthy = beside && exemplar.healthy !== undefined ? findTrace(table, exemplar.healthy) : undefined;
  return drawWaterfall(trace, {
    ...words.picture(answered),
    size,
    culprits: culpritSpans,
    path: criticalPath(table, trace.ordinal),
    ...(healthy && { beside: { trace: healthy, path: criticalPath(table, healthy.ordinal) } }),
  });
}
