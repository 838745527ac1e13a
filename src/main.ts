import { composeBot } from './compose.ts';
import { readConfig } from './config.ts';
import { Failure } from './failure.ts';

/** `npm start`: the bot, until it is told to stop. */
export async function main(): Promise<void> {
  try {
    const bot = await composeBot(readConfig());
    for (const line of bot.welcome) process.stdout.write(`${line}\n`);
    let stopping = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        // A second signal means now.
        if (stopping) process.exit(1);
        stopping = true;
        void bot.stop().then(() => process.exit(0));
      });
    }
  } catch (thrown) {
    const failure = Failure.from(thrown);
    process.stderr.write(`${failure.message}\n${failure.hint}\n`);
    process.exit(1);
  }
}
