import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { Failure } from '../failure.ts';

const manifestSchema = z.object({
  display_information: z.object({ name: z.string() }).optional(),
  features: z
    .object({
      slash_commands: z
        .array(z.object({ command: z.string(), description: z.string(), usage_hint: z.string().optional() }))
        .optional(),
    })
    .optional(),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()).optional() }).optional() }).optional(),
  settings: z
    .object({ event_subscriptions: z.object({ bot_events: z.array(z.string()).optional() }).optional() })
    .optional(),
});

export type SlashCommand = { readonly command: string; readonly description: string; readonly usage: string };

/** What the app may do and hear. `undefined` means everything: there was no manifest to hold it to. */
export type Grant = {
  readonly botName: string;
  readonly scopes: readonly string[] | undefined;
  readonly events: readonly string[] | undefined;
  readonly commands: readonly SlashCommand[];
};

const DEFAULT_COMMANDS: readonly SlashCommand[] = [
  { command: '/trace', description: 'Look into one trace', usage: '<trace id>' },
];

/** Installs the app as Slack would from its `manifest.yml`: what is not in there, the app cannot do here either. */
export function readManifest(path: string | undefined): Grant {
  if (path === undefined || !existsSync(path)) {
    return { botName: 'Causeway', scopes: undefined, events: undefined, commands: DEFAULT_COMMANDS };
  }
  const parsed = manifestSchema.safeParse(parse(readFileSync(path, 'utf8')));
  if (!parsed.success) {
    throw new Failure(
      'misconfigured',
      `manifest.yml is not an app manifest: ${z.prettifyError(parsed.error)}`,
      'Mend it.',
    );
  }
  const manifest = parsed.data;
  return {
    botName: manifest.display_information?.name ?? 'Causeway',
    scopes: manifest.oauth_config?.scopes?.bot ?? [],
    events: manifest.settings?.event_subscriptions?.bot_events ?? [],
    commands: (manifest.features?.slash_commands ?? []).map((one) => ({
      command: one.command,
      description: one.description,
      usage: one.usage_hint ?? '',
    })),
  };
}
