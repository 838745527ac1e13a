/** A process of its own for the store's contract: saves for ever and says which ids it was told are safe. */
import { Database } from '../../src/database.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { Store } from '../../src/ports/store.ts';
import { connectRedis } from '../../src/redis.ts';
import { distributedStore } from '../../src/store/distributed.ts';
import { embeddedStore } from '../../src/store/embedded.ts';
import { opened, span } from './samples.ts';

const [shape, place = '', prefix = ''] = process.argv.slice(2);
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const store: Store =
  shape === 'embedded'
    ? embeddedStore({ database: Database.open(place), clock: systemClock })
    : distributedStore({ redis: await connectRedis(place, quiet), prefix });

for (let index = 0; ; index += 1) {
  const id = `child-${index}`;
  await store.update(id, () => opened(id));
  await store.keepTraces(id, [span(index)]);
  process.stdout.write(`${id}\n`);
}
