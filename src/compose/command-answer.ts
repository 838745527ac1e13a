import { createHash } from 'node:crypto';
import { Failure } from '../failure.ts';
import { asJson, type FromFiles } from '../investigation/from-files.ts';
import type { Answered, Gathering } from '../model/investigation.ts';
import type { SpanRecord } from '../model/span.ts';
import { type EpochMicros, numberAt, type SpanId, type TraceId } from '../model/units.ts';
import { drawCulprit } from '../render/culprit-picture.ts';
import { plainText } from '../render/plain-text.ts';
import { loadTemplates } from '../render/templates.ts';
import { createWords, type Words } from '../render/words.ts';
import { buildTable } from '../trace/build.ts';

/** The verdict at the command line, in each form that somebody may want it. */
export type CommandAnswer = { json(): unknown; text(): string; png(): Promise<Uint8Array> };

/** The same verdict, words and picture as in the channel, without any chat. */
export function commandAnswer(parts: {
  readonly read: FromFiles;
  readonly analysis: Answered['analysis'];
  readonly gathering: Gathering;
  /** The one trace that it is about. */
  readonly focus: TraceId | undefined;
  /** The spans of some of the traces, read again for the picture. */
  spansOf(traceIds: ReadonlySet<TraceId>): Promise<readonly SpanRecord[]>;
  linkTo?(traceId: TraceId, spanId?: SpanId): string | undefined;
}): CommandAnswer {
  const { read, analysis, gathering } = parts;
  const words = (): Words =>
    createWords({
      templates: loadTemplates(new URL('../../templates/messages/', import.meta.url)),
      linkTo: (traceId, spanId) => parts.linkTo?.(traceId, spanId),
      // No secret key to hash with here: a digest keeps names out of a terminal that is shared, no more.
      personal: (value) => createHash('sha256').update(value).digest('hex').slice(0, 8),
    });
  const answered = asAnswered(read, gathering, analysis, parts.focus);
  return {
    json: () => asJson(read, analysis, gathering),
    text: () => {
      const said = words();
      return [said.card(answered, {}), ...said.findings(answered)].map(plainText).join('\n');
    },
    png: async () => {
      const pair = new Set([analysis.exemplar?.suspect, analysis.exemplar?.healthy].filter((id) => id !== undefined));
      const picture = await drawCulprit(answered, buildTable(await parts.spansOf(pair)), 'full', words());
      if (picture !== undefined) return picture.png;
      throw new Failure(
        'not-found',
        'No trace stands out enough to be drawn.',
        'Leave out --png, or name the one trace you want to see.',
      );
    },
  };
}

/** First and last moment of the traces. */
export function boundsOf({ table }: FromFiles): { readonly from: EpochMicros; readonly to: EpochMicros } {
  let from: EpochMicros = Number.POSITIVE_INFINITY;
  let to: EpochMicros = 0;
  for (let row = 0; row < table.size; row += 1) {
    from = Math.min(from, table.epoch + numberAt(table.start, row));
    to = Math.max(to, table.epoch + numberAt(table.end, row));
  }
  return { from, to };
}

/** The investigation that it would have been in a channel, so that the words are the same. */
function asAnswered(
  read: FromFiles,
  gathering: Gathering,
  analysis: Answered['analysis'],
  focus: TraceId | undefined,
): Answered {
  const { from, to } = boundsOf(read);
  return {
    status: 'answered',
    id: 'command',
    trigger: {
      kind: 'command',
      traceId: focus ?? analysis.exemplar?.suspect ?? read.table.traceIds[0] ?? '',
      by: '',
      channel: '',
      request: '',
    },
    channel: '',
    openedAt: from,
    answeredAt: to,
    repeats: 0,
    gathering,
    analysis,
    rechecks: [],
  };
}
