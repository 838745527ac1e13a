import type { z } from 'zod';
import { Failure } from '../failure.ts';
import type { TraceArchive } from '../ports/trace-archive.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';

/** What the bot has that a backend may need. */
export type BackendContext = {
  /** The receiver's store; missing in roles that run no receiver. */
  readonly archive?: TraceArchive;
  /** `links.trace` of the configuration: a page of the team's own, with `{traceId}` and perhaps `{spanId}` in it. */
  readonly linkTemplate?: string;
};

/** One kind of place where traces come from. Config, docs and `doctor` are derived from the list in `index.ts`. */
export type BackendDefinition = {
  /** Its name in `causeway.yml`, under `backend.kind`. */
  readonly kind: string;
  readonly title: string;
  /** The other members of `backend`. */
  readonly options: z.ZodType;
  /** Checks the options; throws a `Failure` of kind `misconfigured` that names the field. Connects lazily. */
  connect(options: unknown, context: BackendContext): TraceBackend;
};

export function defineBackend<Options extends z.ZodType>(
  kind: string,
  title: string,
  options: Options,
  connect: (options: z.output<Options>, context: BackendContext) => TraceBackend,
): BackendDefinition {
  return {
    kind,
    title,
    options,
    connect(given, context) {
      const result = options.safeParse(given);
      if (result.success) return connect(result.data, context);
      const wrong = result.error.issues.map((issue) => `${issue.path.join('.') || 'backend'}: ${issue.message}`);
      throw new Failure(
        'misconfigured',
        `The options of the backend ${kind} are wrong: ${wrong.join('; ')}.`,
        'Mend them under `backend` in the configuration.',
      );
    },
  };
}

/** A link made of a template with `{traceId}` and perhaps `{spanId}`; undefined without a template. */
export function linkFrom(
  template: string | undefined,
  traceId: string,
  spanId: string | undefined,
): string | undefined {
  return template?.replaceAll('{traceId}', traceId).replaceAll('{spanId}', spanId ?? '');
}
