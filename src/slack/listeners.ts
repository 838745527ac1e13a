import type { App } from '@slack/bolt';
import { questionButton } from './actions/question.ts';
import { traceCommand } from './commands/trace.ts';
import { appMention } from './events/app-mention.ts';
import { message } from './events/message.ts';
import type { Listening } from './listening.ts';
import { explainTrace } from './shortcuts/explain-trace.ts';

/** Everything the app listens to. */
const LISTENERS = [traceCommand, appMention, message, questionButton, explainTrace];

export function listen(app: App, listening: Listening): void {
  for (const register of LISTENERS) register(app, listening);
}
