import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CUSTOMERS, HARVESTER, SCARCE, SKUS } from '../catalogue.ts';
import type { Plan, Visit } from '../control.ts';
import { choose, happens, pick } from './chance.ts';
import { liveAndDieWithTheShop, obey, report } from './parent.ts';

/**
 * The people outside, each at an address of their own. They come when they come (Poisson arrivals, whatever the shop's
 * mood), so a slow shop is not spared by customers who wait for it. They send no spans.
 */
liveAndDieWithTheShop();

/** How many checkouts want the item that is always out of stock, beside those that pick it by chance. */
const SCARCE_SHARE = 0.15;
const GIVE_UP_AFTER_MS = 20_000;
const BROWSERS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/605.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/144.0',
] as const;
const pool = new Agent({ keepAlive: true });

async function visit(plan: Plan, signal: AbortSignal): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const until = performance.now() + plan.durationMs;
  for (;;) {
    const pause = (-Math.log(1 - Math.random()) / plan.perSecond) * 1_000;
    await sleep(pause, undefined, { signal }).catch(() => {});
    if (signal.aborted || performance.now() >= until) break;
    const request = ask(plan).finally(() => underWay.delete(request));
    underWay.add(request);
  }
  await Promise.all(underWay);
}

async function ask(plan: Plan): Promise<void> {
  const kind = choose<Visit>([
    { value: 'checkout', weight: plan.mix.checkout },
    { value: 'cart', weight: plan.mix.cart },
    { value: 'order', weight: plan.mix.order },
    { value: 'item', weight: plan.mix.item },
    { value: 'history', weight: plan.mix.history },
    { value: 'harvest', weight: plan.mix.harvest },
  ]);
  const customer =
    kind === 'harvest' ? HARVESTER : (CUSTOMERS[Math.floor(Math.random() * (CUSTOMERS.length - 1))] ?? '');
  const { method, path, body } = wish(kind, customer);
  const at = Date.now();
  const began = performance.now();
  const { status, bytes } = await send(gatewayOf(plan), method, path, body, customer);
  report({ kind: 'outcome', outcome: { at, visit: kind, status, bytes, ms: performance.now() - began } });
}

type Wish = { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: unknown };

function wish(kind: Visit, customer: string): Wish {
  switch (kind) {
    case 'checkout': {
      const sku = happens(SCARCE_SHARE) ? SCARCE : pick(SKUS);
      return { method: 'POST', path: '/checkout', body: { sku, quantity: 1 + Math.floor(Math.random() * 3) } };
    }
    case 'cart':
      return { method: 'GET', path: `/cart/c-${customer}` };
    case 'order':
      return { method: 'GET', path: `/orders/o-${customer}-${Math.floor(Math.random() * 3)}` };
    case 'item':
      return { method: 'GET', path: `/items/${pick(SKUS)}` };
    case 'history':
      return { method: 'GET', path: '/account/history?limit=20' };
    case 'harvest':
      return { method: 'GET', path: '/account/history?account=all&limit=5000' };
  }
}

function send(
  port: number,
  method: string,
  path: string,
  body: unknown,
  customer: string,
): Promise<{ status: number; bytes: number }> {
  const json = body === undefined ? undefined : JSON.stringify(body);
  const person = CUSTOMERS.indexOf(customer);
  return new Promise((resolve) => {
    const headers = {
      host: 'shop.example',
      authorization: `Bearer ${customer}`,
      'x-forwarded-for': customer === HARVESTER ? '203.0.113.77' : `198.51.100.${10 + person}`,
      'user-agent':
        customer === HARVESTER ? 'python-requests/2.34' : (BROWSERS[person % BROWSERS.length] ?? BROWSERS[0]),
      ...(json === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }),
    };
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: pool, timeout: GIVE_UP_AFTER_MS });
    let bytes = 0;
    sent.on('response', (response) => {
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes }));
      response.on('error', () => resolve({ status: 0, bytes }));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve({ status: 0, bytes }));
    sent.end(json);
  });
}

function gatewayOf({ gateway, canary }: Plan): number {
  return canary !== undefined && happens(canary.share) ? canary.port : gateway;
}

function goToTheShop(): void {
  let leaving = new AbortController();
  obey(async (command) => {
    switch (command.kind) {
      case 'visit':
        leaving = new AbortController();
        await visit(command.plan, leaving.signal);
        return {};
      case 'go-home':
        leaving.abort();
        return {};
      default:
        throw new Error(`customers do not know ${command.kind}`);
    }
  });
  report({ kind: 'ready', port: 0 });
}

goToTheShop();
