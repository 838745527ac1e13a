import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Delivered = { readonly at: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer };

export type WebhookCapture = {
  readonly url: string;
  readonly delivered: readonly Delivered[];
  /** What the next deliveries are answered with; 202 when none is left. */
  readonly answers: number[];
  close(): Promise<void>;
};

/** Stands where the bot takes in alerts. */
export async function startWebhookCapture(): Promise<WebhookCapture> {
  const delivered: Delivered[] = [];
  const answers: number[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    delivered.push({ at: Date.now(), headers: request.headers, body: Buffer.concat(chunks) });
    response.writeHead(answers.shift() ?? 202).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/webhooks/pagerduty`,
    delivered,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
