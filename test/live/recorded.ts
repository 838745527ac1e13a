import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Exchange, record } from '../backends/exchange.ts';

/**
 * A way to a real server that is written down when `CAUSEWAY_RECORD` is set: the ordinary tests then replay it. Without it
 * the suite runs against the server and leaves the fixture alone.
 */
export async function recorded(
  target: string,
  fixture: string,
  server: string,
  hidden?: RegExp,
): Promise<{ readonly url: string; finish(): Promise<void> }> {
  const proxy = await record(target, hidden);
  return {
    url: proxy.url,
    async finish() {
      const exchanges: readonly Exchange[] = proxy.exchanges();
      if (process.env.CAUSEWAY_RECORD !== undefined) {
        mkdirSync(dirname(fixture), { recursive: true });
        const text = `${JSON.stringify({ server, exchanges }, undefined, 1)}\n`;
        writeFileSync(fixture, fixture.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text);
      }
      await proxy.close();
    },
  };
}
