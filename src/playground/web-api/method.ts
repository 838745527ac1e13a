import { z } from 'zod';
import type { Grant } from '../manifest.ts';
import type { OddityBook } from '../oddities.ts';
import type { Files } from '../workspace/files.ts';
import type { Wire } from '../workspace/wire.ts';
import type { Workspace } from '../workspace/workspace.ts';

/** What the methods work on. */
export type Site = {
  readonly workspace: Workspace;
  readonly files: Files;
  readonly grant: Grant;
  readonly oddities: OddityBook;
  /** How long Slack looks at an uploaded file before it may be used, in milliseconds. */
  readonly fileDelayMs: number;
  /** Runs something later, unless the playground is closed by then. */
  later(work: () => void, delayMs: number): void;
  /** A single-use address for a Socket Mode connection, without the origin. */
  socketPath(): string;
  /** Spends a `trigger_id`. */
  spendTrigger(id: string): 'ok' | 'expired_trigger_id' | 'invalid_trigger_id' | 'exchanged_trigger_id';
};

/** One call, as far as the method cares: which token, and under which origin the caller reached us. */
export type Call = { readonly site: Site; readonly origin: string };

/** Slack's `ok: false`; `error` is one of Slack's own words. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly error: string;
  readonly messages: readonly string[];
  readonly extra: Wire;

  constructor(error: string, messages: readonly string[] = [], extra: Wire = {}) {
    super(error);
    this.error = error;
    this.messages = messages;
    this.extra = extra;
  }
}

export type Method = {
  readonly token: 'bot' | 'app' | 'none';
  /** Any one of these is enough. */
  readonly scopes: readonly string[];
  readonly known: ReadonlySet<string>;
  run(raw: Readonly<Record<string, unknown>>, call: Call): Wire;
};

/** Declares a method; its arguments' schema says both what Slack knows and what it insists on. */
export function method<S extends z.ZodObject>(declared: {
  readonly token?: Method['token'];
  readonly scopes?: readonly string[];
  readonly arguments: S;
  run(args: z.infer<S>, call: Call): Wire;
}): Method {
  return {
    token: declared.token ?? 'bot',
    scopes: declared.scopes ?? [],
    known: new Set(Object.keys(declared.arguments.shape)),
    run(raw, call) {
      const parsed = declared.arguments.safeParse(raw);
      if (!parsed.success)
        throw new Refusal(
          'invalid_arguments',
          parsed.error.issues.map((issue) => say(issue, raw)),
        );
      return declared.run(parsed.data, call);
    },
  };
}

function say(issue: z.core.$ZodIssue, raw: Readonly<Record<string, unknown>>): string {
  const name = String(issue.path[0] ?? '');
  if (raw[name] === undefined) return `[ERROR] missing required field: ${name}`;
  return `[ERROR] ${issue.message} [json-pointer:/${issue.path.map(String).join('/')}]`;
}

/** Arguments arrive as strings of a form, or as they are in a JSON body: these read both. */
export const word = z.preprocess((raw) => (typeof raw === 'number' ? String(raw) : raw), z.string());
export const flag = z.preprocess((raw) => raw === true || raw === 1 || raw === 'true' || raw === '1', z.boolean());
export const count = z.coerce.number().int();

/** Objects come JSON-encoded in a form field. Text that is no JSON stays text, for the schema to refuse. */
export const nested = <S extends z.ZodType>(schema: S) =>
  z.preprocess((raw) => {
    if (typeof raw !== 'string') return raw;
    try {
      return JSON.parse(raw);
    } catch {
      return raw;
    }
  }, schema);

/** Known to the method, of no meaning in the playground. */
export const ignored = z.unknown().optional();
