import { setTimeout as sleep } from 'node:timers/promises';
import type { Behaviour, FromProcess, Letter, Routes, Settings, ToProcess } from './wire.ts';

/** Who this process is. */
export const settings: Settings = JSON.parse(process.argv[2] ?? '{}');

let behaviour: Behaviour = {};
let routes: Routes = {};
const turns = new Map<string, number>();
let flush = async () => {};
let receive: (letter: Letter) => void = () => {};
let changed: (behaviour: Behaviour) => void = () => {};

/** How it is to behave at this moment. */
export const now = (): Behaviour => behaviour;

/** Called with every new behaviour, for those that act by themselves. */
export function onChange(listener: typeof changed): void {
  changed = listener;
}
export function onLetter(listener: typeof receive): void {
  receive = listener;
}
export function onFlush(work: typeof flush): void {
  flush = work;
}

export const tell = (message: FromProcess): void => void process.send?.(message);

/** Port of one instance of a service, each in turn. */
export function portOf(service: string): number {
  const ports = routes[service] ?? [];
  const turn = turns.get(service) ?? 0;
  turns.set(service, turn + 1);
  return ports[turn % ports.length] ?? 9;
}

process.on('disconnect', () => process.exit(0));
process.on('message', async (message: ToProcess) => {
  switch (message.kind) {
    case 'route':
      routes = message.routes;
      break;
    case 'behave':
      behaviour = message.behaviour;
      changed(behaviour);
      break;
    case 'letter':
      receive(message.letter);
      break;
    case 'flush':
      await flush();
      tell({ kind: 'flushed' });
  }
});

/** Time that passes as in real work: mostly about `ms`, now and then twice as long (a log-normal). */
export function takes(ms: number): Promise<void> {
  const gaussian = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return sleep(ms * Math.exp(0.3 * gaussian));
}

/** The slowness that was ordered, if this request is one of those that meet it. */
export async function dawdle(): Promise<void> {
  const { slowMs, share = 1 } = behaviour;
  if (slowMs !== undefined && Math.random() < share) await takes(slowMs);
}
