import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { APP } from '../workspace/identities.ts';
import { teamUrl } from './chat-methods.ts';
import { channelOf, messageOf } from './find.ts';
import { type Method, method, nested, Refusal, word } from './method.ts';

const authTest = method({
  arguments: z.object({}),
  run: (_args, call) => ({
    ...teamUrl(call.origin),
    user: call.site.workspace.bot.name,
    user_id: APP.userId,
    bot_id: APP.botId,
    app_id: APP.id,
    is_enterprise_install: false,
  }),
});

const openConnection = method({
  token: 'app',
  arguments: z.object({}),
  run: (_args, call) => ({ url: call.origin.replace(/^http/, 'ws') + call.site.socketPath() }),
});

const apiTest = method({
  token: 'none',
  arguments: z.object({ error: word.optional(), foo: z.unknown().optional() }),
  run(args) {
    if (args.error !== undefined) throw new Refusal(args.error);
    return { args };
  },
});

/** Says yes to what Slack would say yes to; the playground draws no reactions. */
const addReaction = method({
  scopes: ['reactions:write'],
  arguments: z.object({ channel: word, timestamp: word, name: word }),
  run(args, call) {
    if (!/^[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?$/.test(args.name)) throw new Refusal('invalid_name');
    messageOf(call, channelOf(call, args.channel), args.timestamp);
    return {};
  },
});

const text = (max: number) =>
  z.object({ type: z.literal('plain_text'), text: z.string().min(1).max(max), emoji: z.boolean().optional() });

const viewSchema = z.looseObject({
  type: z.enum(['modal', 'home']),
  title: text(24),
  blocks: z.array(z.looseObject({ type: z.string() })).max(100),
  private_metadata: z.string().max(3000).optional(),
  callback_id: z.string().max(255).optional(),
});

/** Checks the trigger and the frame of the view; the page shows no modals. */
const openView = method({
  arguments: z.object({
    view: nested(viewSchema),
    trigger_id: word.optional(),
    interactivity_pointer: word.optional(),
  }),
  run(args, call) {
    const verdict = call.site.spendTrigger(args.trigger_id ?? args.interactivity_pointer ?? '');
    if (verdict !== 'ok') throw new Refusal(verdict);
    const id = `V0${randomBytes(5).toString('hex').toUpperCase()}`;
    return { view: { ...args.view, id, app_id: APP.id, bot_id: APP.botId, root_view_id: id, hash: `${Date.now()}.0` } };
  },
});

export const appMethods: Readonly<Record<string, Method>> = {
  'auth.test': authTest,
  'apps.connections.open': openConnection,
  'api.test': apiTest,
  'reactions.add': addReaction,
  'views.open': openView,
};
