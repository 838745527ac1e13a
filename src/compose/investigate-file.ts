import { analyse } from '../investigation/analyse.ts';
import { readFiles, spansOf, suspectCount } from '../investigation/from-files.ts';
import { boundsOf, type CommandAnswer, commandAnswer } from './command-answer.ts';

/** What broke in the traces of a file, held against those of another where there is one. */
export async function investigateFile(file: string, baselineFile: string | undefined): Promise<CommandAnswer> {
  const { signal } = new AbortController();
  const read = await readFiles(file, baselineFile, signal);
  const { table, baseline } = read;
  const suspects = suspectCount(read);
  const focus = suspects === 1 ? table.traceIds.find((_, ordinal) => baseline[ordinal] === 0) : undefined;
  const analysis = analyse({ table, baseline, hints: { whole: true }, ...(focus === undefined ? {} : { focus }) });
  const files = baselineFile === undefined ? [file] : [file, baselineFile];
  return commandAnswer({
    read,
    analysis,
    focus,
    gathering: {
      backend: file,
      scope: { services: [], ...boundsOf(read), traceIds: focus === undefined ? [] : [focus] },
      suspects,
      baseline: table.traces - suspects,
      spans: table.size,
      notes: [],
    },
    spansOf: (traceIds) => spansOf(files, traceIds, signal),
  });
}
