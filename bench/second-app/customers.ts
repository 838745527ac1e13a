import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const pick = <T>(options: readonly T[]): T | undefined => options[Math.floor(Math.random() * options.length)];

/** Customers come one by one, as chance will have it (Poisson), until the time is over; resolves when all are answered. */
export async function visit(port: number, perSecond: number, ms: number): Promise<readonly number[]> {
  const visits: Promise<number>[] = [];
  for (const end = performance.now() + ms; performance.now() < end; ) {
    visits.push(come(port));
    await sleep((-Math.log(1 - Math.random()) * 1_000) / perSecond);
  }
  return Promise.all(visits);
}

/** One request of one of a hundred customers: half of them book. Answers the status, 0 for none. */
function come(port: number): Promise<number> {
  const customer = Math.floor(Math.random() * 100);
  const show = 1 + Math.floor(Math.random() * 30);
  const chance = Math.random();
  const [method, path] =
    chance < 0.5
      ? ['POST', '/bookings']
      : chance < 0.85
        ? ['GET', `/shows/${show}`]
        : ['GET', `/tickets/${customer * 7}`];
  const headers = {
    'x-user': `c${customer}`,
    'x-forwarded-for': `203.0.113.${1 + (customer % 50)}`,
    'content-type': 'application/json',
  };
  const { promise, resolve } = Promise.withResolvers<number>();
  const asking = request({ port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
    response.resume();
    response.on('end', () => resolve(response.statusCode ?? 0));
  });
  asking.on('error', () => resolve(0));
  asking.end(method === 'POST' ? JSON.stringify({ show, class: pick(['stalls', 'circle', 'gallery']) }) : undefined);
  return promise;
}
