/** Wall-clock time after which a round is the last one, as a multiple of the CPU time asked for. */
const PATIENCE = 1.5;

/**
 * Turns an answer into JSON. The healthy version does just that. The new one proves every field by a round trip through
 * text before it answers, over and over, until it has burnt `cpuMs` of this thread's CPU time: real work on the event loop,
 * so other requests of the process wait for it too. On a machine without a core to spare it stops a little earlier, or
 * requests would queue up and the queue, not the serialiser, would be what people see.
 */
export function serialise(answer: unknown, cpuMs: number): string {
  let text = JSON.stringify(answer);
  if (cpuMs <= 0) return text;
  const cpuBefore = process.threadCpuUsage();
  const before = performance.now();
  do {
    const copies: unknown[] = [];
    for (let i = 0; i < 50; i++) copies.push(JSON.parse(text));
    text = JSON.stringify(JSON.parse(JSON.stringify(copies, null, 2))[0]);
  } while (burntMs(process.threadCpuUsage(cpuBefore)) < cpuMs && performance.now() - before < cpuMs * PATIENCE);
  return text;
}

function burntMs(usage: NodeJS.CpuUsage): number {
  return (usage.user + usage.system) / 1_000;
}
