import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { traceIdOf } from '../formats/ids.ts';

/** One question of a folder of labelled traces: what broke in these? Paths are absolute. */
export type Case = {
  readonly id: string;
  /** The cases that are read from the same files stand in one group, so that each file is read once. */
  readonly files: readonly string[];
  readonly asked: /** Two files: what was healthy, what was not. */
    | { readonly kind: 'windows' }
    /** One file with both; the ids say which traces were bad. */
    | { readonly kind: 'window'; readonly suspects: readonly string[] }
    /** One file, and one trace of it that is to be explained; nobody vouches for the others. */
    | { readonly kind: 'trace'; readonly focus: string };
};

/** The answer to a case: the services in which the fault was. */
export type Label = {
  readonly case: string;
  readonly set: string;
  readonly services: readonly string[];
  readonly faultType: string;
};

const traceId = z.string().transform((text, context) => {
  const id = traceIdOf(text);
  if (id !== undefined) return id;
  context.addIssue({ code: 'custom', message: 'is no trace id' });
  return z.NEVER;
});

const caseLine = z.union([
  z.object({ case: z.string(), normal: z.string(), abnormal: z.string() }),
  z.object({
    case: z.string(),
    file: z.string(),
    focusTraceId: traceId.nullish(),
    abnormalTraceIds: z.array(traceId).default([]),
  }),
]);

const labelLine = z.object({
  case: z.string(),
  set: z.string(),
  services: z.array(z.string()).min(1),
  faultType: z.string().default(''),
});

/** The cases of a folder, in the order of its `cases.jsonl`. Rejects with a `Failure` that names the line. */
export async function readCases(folder: string): Promise<readonly Case[]> {
  const lines = await readLines(join(folder, 'cases.jsonl'), caseLine);
  if (lines === undefined) {
    throw new Failure(
      'not-found',
      `There is no cases.jsonl in ${folder}.`,
      'It holds one case a line: {"case": "…", "normal": "a file", "abnormal": "a file"}.',
    );
  }
  return lines.map((line): Case => {
    if ('normal' in line) {
      const files = [join(folder, line.normal), join(folder, line.abnormal)];
      return { id: line.case, files, asked: { kind: 'windows' } };
    }
    const { focusTraceId: focus, abnormalTraceIds: suspects } = line;
    return {
      id: line.case,
      files: [join(folder, line.file)],
      asked: typeof focus === 'string' ? { kind: 'trace', focus } : { kind: 'window', suspects },
    };
  });
}

/** The answers, for whoever prints a table; undefined when the folder has none. Nothing that analyses calls this. */
export function readLabels(folder: string): Promise<readonly Label[] | undefined> {
  return readLines(join(folder, 'labels.jsonl'), labelLine);
}

async function readLines<T>(path: string, schema: z.ZodType<T>): Promise<readonly T[] | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw thrown;
  }
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const parsed = schema.safeParse(asJson(line));
    if (parsed.success) return [parsed.data];
    throw new Failure(
      'bad-input',
      `Line ${index + 1} of ${path} is not what it should be.`,
      z.prettifyError(parsed.error),
    );
  });
}

function asJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
