import { createHash } from 'node:crypto';
import { Failure } from '../failure.ts';
import { analyse } from '../investigation/analyse.ts';
import { asJson, readFiles, spansOf, suspectCount } from '../investigation/from-files.ts';
import type { Answered } from '../model/investigation.ts';
import { at, type EpochMicros } from '../model/units.ts';
import { drawCulprit } from '../render/culprit-picture.ts';
import { plainText } from '../render/plain-text.ts';
import { loadTemplates } from '../render/templates.ts';
import { createWords, type Words } from '../render/words.ts';
import { buildTable } from '../trace/build.ts';

/** The verdict on a trace file in each form that somebody may want it. */
export type FileAnswer = { json(): unknown; text(): string; png(): Promise<Uint8Array> };

/** The same verdict, words and picture as in the channel, from files and without any chat. */
export async function investigateFile(file: string, baselineFile: string | undefined): Promise<FileAnswer> {
  const { signal } = new AbortController();
  const read = await readFiles(file, baselineFile, signal);
  const { table, baseline } = read;
  const onlyTrace = suspectCount(read) === 1 ? table.traceIds.find((_, ordinal) => baseline[ordinal] === 0) : undefined;
  const analysis = analyse({ table, baseline, ...(onlyTrace === undefined ? {} : { focus: onlyTrace }) });
  const answered = asAnswered(file, read, analysis, onlyTrace);
  return {
    json: () => asJson(read, analysis),
    text: () => {
      const words = ownWords();
      return [words.card(answered, {}), ...words.findings(answered)].map(plainText).join('\n');
    },
    png: async () => {
      const pair = new Set([analysis.exemplar?.suspect, analysis.exemplar?.healthy].filter((id) => id !== undefined));
      const files = baselineFile === undefined ? [file] : [file, baselineFile];
      const picture = await drawCulprit(answered, buildTable(await spansOf(files, pair, signal)), 'full', ownWords());
      if (picture !== undefined) return picture.png;
      throw new Failure(
        'not-found',
        'No trace of the file stands out enough to be drawn.',
        'Leave out --png, or hand in the one trace you want to see.',
      );
    },
  };
}

function ownWords(): Words {
  return createWords({
    templates: loadTemplates(new URL('../../templates/messages/', import.meta.url)),
    linkTo: () => undefined,
    // No secret key to hash with here: a digest keeps names out of a terminal that is shared, no more.
    personal: (value) => createHash('sha256').update(value).digest('hex').slice(0, 8),
  });
}

/** The investigation that the file would have been, so that the words are those of the channel. */
function asAnswered(
  file: string,
  { table, baseline }: Awaited<ReturnType<typeof readFiles>>,
  analysis: Answered['analysis'],
  traceId: string | undefined,
): Answered {
  let from: EpochMicros = Number.POSITIVE_INFINITY;
  let to: EpochMicros = 0;
  for (let row = 0; row < table.size; row += 1) {
    from = Math.min(from, table.epoch + at(table.start, row));
    to = Math.max(to, table.epoch + at(table.end, row));
  }
  const healthy = baseline.reduce((sum, flag) => sum + flag, 0);
  return {
    status: 'answered',
    id: 'file',
    trigger: {
      kind: 'command',
      traceId: traceId ?? analysis.exemplar?.suspect ?? table.traceIds[0] ?? '',
      by: '',
      channel: '',
      request: '',
    },
    channel: '',
    openedAt: from,
    answeredAt: to,
    repeats: 0,
    gathering: {
      backend: file,
      scope: { services: [], from, to, traceIds: traceId === undefined ? [] : [traceId] },
      suspects: table.traces - healthy,
      baseline: healthy,
      spans: table.size,
      notes: [],
    },
    analysis,
    rechecks: [],
  };
}
