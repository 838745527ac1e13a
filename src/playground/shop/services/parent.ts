import { Command, type Report, Settings } from '../control.ts';

/** Who this process is. Its settings come as its first argument, not from the environment, which it is started without. */
export const settings = Settings.parse(JSON.parse(process.argv[2] ?? '{}'));

/** What a command may tell back to the shop. */
type Told = Pick<Extract<Report, { kind: 'done' }>, 'flushed'>;

export function report(message: Report): void {
  if (process.connected) process.send?.(message);
}

/** Carries out the shop's commands, one after the other's answer not being waited for. */
export function obey(carryOut: (command: Command) => Promise<Told> | Told): void {
  process.on('message', async (raw) => {
    const command = Command.parse(raw);
    try {
      report({ kind: 'done', id: command.id, ...(await carryOut(command)) });
    } catch (thrown) {
      report({ kind: 'failed', id: command.id, text: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  });
}

/**
 * Ends this process when the shop's process is gone, however it went: the channel between them closes then. An interrupt
 * from the terminal reaches the whole group and is left to the bot, which drains first.
 */
export function liveAndDieWithTheShop(): void {
  process.on('disconnect', () => process.exit(0));
  process.on('SIGINT', () => {});
  if (!process.connected) process.exit(0);
}
