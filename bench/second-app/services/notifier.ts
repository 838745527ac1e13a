import { processOne } from '../messages.ts';
import { now, onLetter, takes, tell } from '../process.ts';
import { query } from '../stores.ts';
import type { Letter } from '../wire.ts';

/** Writes to customers, one after the other. */
const waiting: Letter[] = [];
let working = false;

onLetter(async (letter) => {
  waiting.push(letter);
  if (working) return;
  working = true;
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    await resting();
    await processOne(next, async () => {
      await query('SELECT * FROM addresses WHERE user_id = ?', 4);
      await takes(25);
    });
  }
  working = false;
});

/** Waits while the consumer takes no messages. */
async function resting(): Promise<void> {
  const { rest } = now();
  if (rest === undefined) return;
  const into = performance.now() % rest.everyMs;
  if (into < rest.ms) await new Promise((resolve) => setTimeout(resolve, rest.ms - into));
}
tell({ kind: 'ready', port: 0 });
