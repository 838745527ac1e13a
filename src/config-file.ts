import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Lines, readYaml } from './config-lines.ts';
import { routingMembers, routingNames } from './config-routes.ts';
import { fillReferences } from './environment-references.ts';

const ServiceRoute = z
  .strictObject({
    /** The sender's name for the service. */
    alert: z.string().min(1),
    /** `service.name`s of the traces. */
    traces: z.array(z.string().min(1)).min(1).optional(),
    channel: z.string().min(1).optional(),
    runbook: z.url().optional(),
    owner: z.url().optional(),
  })
  .readonly();
export type ServiceRoute = z.infer<typeof ServiceRoute>;

const BackendPlace = z.looseObject({ kind: z.string().min(1) });

/** Parts of one kind or another, by name: the name is the kind unless `kind` says so. */
const named = z
  .record(
    z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is not made of small letters, digits and dashes'),
    z.looseObject({ kind: z.string().min(1).optional() }).nullable(),
  )
  .transform((parts) => Object.fromEntries(Object.entries(parts).map(([name, options]) => [name, options ?? {}])));

const File = z.strictObject({
  channel: z.string().min(1).default('incidents'),
  services: z.array(ServiceRoute).default([]),
  ...routingMembers,
  backend: BackendPlace.optional(),
  /** Instead of `backend`: several places, each perhaps for some services or environments only. */
  backends: z
    .array(
      BackendPlace.extend({
        /** `service.name`s whose spans it keeps. */
        services: z.array(z.string().min(1)).min(1).optional(),
        /** `deployment.environment.name`s whose traces it keeps. */
        environments: z.array(z.string().min(1)).min(1).optional(),
      }),
    )
    .min(1)
    .optional(),
  /** Senders by name, which is their kind unless `kind` says so; what else each may be told, its source knows. */
  alerts: named.default({}),
  /** Where verdicts are written back, by name in the same way. */
  notes: named.default({}),
  /** Who may tell of deploys and other changes; what else may be said, the source knows. */
  changes: z.looseObject({}).optional(),
  links: z.strictObject({ trace: z.string().includes('{traceId}').optional() }).default({}),
  privacy: z.strictObject({ reveal: z.boolean().default(false) }).default({ reveal: false }),
  traces: z
    .strictObject({
      keepHours: z
        .number()
        .positive()
        .max(24 * 90)
        .default(6),
      keepMegabytes: z.number().positive().max(1_000_000).default(1_024),
    })
    .default({ keepHours: 6, keepMegabytes: 1_024 }),
});

/** One place where traces come from; what else it may be told, its backend knows. */
export type BackendEntry = {
  readonly kind: string;
  readonly services?: readonly string[] | undefined;
  readonly environments?: readonly string[] | undefined;
  readonly [option: string]: unknown;
};

/** What `causeway.yml` says, with what it leaves out filled in. */
export type ConfigFile = Omit<z.output<typeof File>, 'backend' | 'backends'> & {
  readonly backends: readonly [BackendEntry, ...BackendEntry[]];
};

/** One place is a list of one; none is the embedded store. */
function settled({ backend, backends, ...rest }: z.output<typeof File>): ConfigFile {
  const [first = backend ?? { kind: 'embedded' }, ...others] = backends ?? [];
  return { ...rest, backends: [first, ...others] };
}

/** A problem of the configuration, with what to do about it. */
export type Problem = { readonly where: string; readonly what: string; readonly hint: string };

/**
 * Reads the file; adds every problem of it to the list, and goes on without the file where there is one. A file that is not
 * there is a problem only where `CAUSEWAY_CONFIG` named it.
 */
export function readConfigFile(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
): ConfigFile {
  if (!existsSync(path)) {
    if (environment.CAUSEWAY_CONFIG !== undefined)
      problems.push({
        where: 'CAUSEWAY_CONFIG',
        what: `there is no file ${path}`,
        hint: 'Create it, or leave CAUSEWAY_CONFIG unset.',
      });
    return settled(File.parse({}));
  }
  let read: ReturnType<typeof readYaml>;
  try {
    read = readYaml(readFileSync(path, 'utf8'));
  } catch (thrown) {
    problems.push({
      where: path,
      what: `is not YAML: ${thrown instanceof Error ? thrown.message.split('\n', 1)[0] : String(thrown)}`,
      hint: 'Mend the line it names.',
    });
    return settled(File.parse({}));
  }
  const { content, lines } = read;
  const { content: filled, unset } = fillReferences(content ?? {}, environment);
  for (const { where, variable } of unset) {
    problems.push({
      where: `${path}: ${where}`,
      what: `asks for the environment variable ${variable}, which is not set`,
      hint: `Set ${variable}, or take the line out.`,
    });
  }
  const checked = File.safeParse(filled);
  if (checked.success) {
    if (checked.data.backend !== undefined && checked.data.backends !== undefined)
      problems.push({
        where: `${path}: backend`,
        what: 'stands beside `backends`, so it is not clear which is meant',
        hint: 'Move it into the list under `backends`.',
      });
    return settled(checked.data);
  }
  for (const issue of checked.error.issues) {
    problems.push({
      where: `${path}: ${issue.path.join('.') || 'top level'}${lineOf(issue, lines)}`,
      what: issue.message,
      hint: hintFor(issue),
    });
  }
  return settled(File.parse({}));
}

function lineOf(issue: z.core.$ZodIssue, lines: Lines): string {
  return lines.at(issue.path, issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined);
}

/** Names that may stand at a place, by the place's pattern. */
const NAMES: readonly { readonly at: RegExp; readonly names: readonly string[] }[] = [
  { at: /^$/, names: Object.keys(File.shape) },
  { at: /^services\.\d+$/, names: Object.keys(ServiceRoute.unwrap().shape) },
  ...routingNames,
];

function hintFor(issue: z.core.$ZodIssue): string {
  const place = issue.path.join('.');
  const known =
    issue.code === 'unrecognized_keys'
      ? NAMES.find(({ at }) => at.test(place))?.names
      : issue.code === 'invalid_value'
        ? issue.values.map(String)
        : undefined;
  return known === undefined ? 'See causeway.example.yml.' : `Known names are ${known.join(', ')}.`;
}
