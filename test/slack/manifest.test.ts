import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { EVENT_SCOPES, METHOD_SCOPES, SCOPES } from '../../src/slack/scopes.ts';

const read = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
const manifest = parse(read('../../manifest.yml'));

const text = (max: number, min = 1) => z.string().min(min).max(max);

/** What Slack's own schema (slackapi/manifest-schema, 2.0.0) asks of the parts we use; anything it does not know, it refuses. */
const schema = z.strictObject({
  _metadata: z.strictObject({ major_version: z.literal(2), minor_version: z.literal(1) }),
  display_information: z.strictObject({
    name: text(35),
    description: text(140),
    background_color: z.string().regex(/^#([0-9a-f]{3}|[0-9a-f]{6})$/i),
    long_description: text(4_000, 175),
  }),
  features: z.strictObject({
    app_home: z.strictObject({
      home_tab_enabled: z.boolean(),
      messages_tab_enabled: z.boolean(),
      messages_tab_read_only_enabled: z.boolean(),
    }),
    bot_user: z.strictObject({ display_name: text(80).regex(/^[a-z0-9._-]+$/), always_online: z.boolean() }),
    shortcuts: z
      .array(
        z.strictObject({
          name: text(24),
          type: z.enum(['message', 'global']),
          callback_id: text(255),
          description: text(150),
        }),
      )
      .max(10),
    slash_commands: z
      .array(
        z.strictObject({
          command: text(32).regex(/^\//),
          description: text(2_000),
          usage_hint: text(1_000),
          should_escape: z.boolean(),
        }),
      )
      .max(50),
  }),
  oauth_config: z.strictObject({ scopes: z.strictObject({ bot: z.array(z.string()).max(255) }) }),
  settings: z.strictObject({
    event_subscriptions: z.strictObject({ bot_events: z.array(z.string()).max(100) }),
    interactivity: z.strictObject({ is_enabled: z.literal(true) }),
    org_deploy_enabled: z.boolean(),
    socket_mode_enabled: z.literal(true),
    token_rotation_enabled: z.literal(false),
  }),
});

function sources(folder: string): string[] {
  return readdirSync(fileURLToPath(new URL(folder, import.meta.url)), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && path !== 'scopes.ts')
    .map((path) => read(`${folder}${path}`));
}

const code = sources('../../src/slack/').join('\n');
const found = (pattern: RegExp) => [...new Set([...code.matchAll(pattern)].map(([, name]) => name))].sort();

describe('manifest.yml', () => {
  test('is one that Slack takes', () => {
    expect(schema.safeParse(manifest).error).toBeUndefined();
  });

  test('asks for the scopes of the methods we call and the events we hear, and no others', () => {
    expect(manifest.oauth_config.scopes.bot).toEqual(SCOPES);
  });

  test('subscribes to the events that have a listener', () => {
    expect(manifest.settings.event_subscriptions.bot_events).toEqual(Object.keys(EVENT_SCOPES).sort());
    const families = manifest.settings.event_subscriptions.bot_events.map((event: string) => event.split('.')[0]);
    expect(found(/app\.event\('([a-z_]+)'/g)).toEqual([...new Set(families)].sort());
  });

  test('declares the commands and shortcuts that have a listener', () => {
    const commands = manifest.features.slash_commands.map(({ command }: { command: string }) => command);
    expect(found(/app\.command\('([^']+)'/g)).toEqual(commands);
    const shortcuts = manifest.features.shortcuts.map(({ callback_id }: { callback_id: string }) => callback_id);
    expect(found(/callback_id: '([^']+)'/g)).toEqual(shortcuts);
  });
});

test('the table of scopes holds exactly the methods that are called', () => {
  const called = found(/'((?:auth|bots|chat|conversations|files|pins|reactions|team|users|views)\.[A-Za-z.]+)'/g);
  expect(called).toEqual(Object.keys(METHOD_SCOPES).sort());
});
