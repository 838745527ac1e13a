import { Failure } from '../failure.ts';
import type { Investigation } from '../model/investigation.ts';
import { investigationSchema } from './investigation-schema.ts';

/** Version of the documents that this program writes. A change of the model that old documents do not fit raises it. */
const VERSION = 1;

/** An investigation as both stores keep it: `{"version":1,"investigation":{…}}`. */
export function writeDocument(investigation: Investigation): string {
  return JSON.stringify({ version: VERSION, investigation });
}

/**
 * Reads a document back. Throws a `Failure` of kind `unsupported` for one that a newer version wrote, `internal` for one that
 * is damaged; both name the investigation.
 */
export function readDocument(id: string, document: string): Investigation {
  const { version, investigation } = unwrap(id, document);
  if (version > VERSION) {
    throw new Failure(
      'unsupported',
      `The investigation ${id} was written by a newer Causeway (document ${version}, this one reads ${VERSION}).`,
      'Run the newer version on every process that shares this store.',
    );
  }
  const result = investigationSchema.safeParse(investigation);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw damaged(id, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`, result.error);
}

function unwrap(id: string, document: string): { readonly version: number; readonly investigation: unknown } {
  let json: unknown;
  try {
    json = JSON.parse(document);
  } catch (thrown) {
    throw damaged(id, 'not JSON', thrown);
  }
  if (typeof json !== 'object' || json === null || !('version' in json) || typeof json.version !== 'number') {
    throw damaged(id, 'no version', undefined);
  }
  return { version: json.version, investigation: 'investigation' in json ? json.investigation : undefined };
}

function damaged(id: string, what: string, cause: unknown): Failure {
  return new Failure(
    'internal',
    `The stored investigation ${id} cannot be read (${what}).`,
    'Ask for the traces again with /trace; if it happens more than once, report it.',
    { cause },
  );
}
