import { type RunningBot, sendPagerDuty, startBot } from '../test/end-to-end/running-bot.ts';
import { isComplete, messagesIn } from '../test/end-to-end/town.ts';
import { redisServer } from '../test/needs.ts';
import { recordingAt, sendSpans } from '../test/otlp.ts';
import { startRedis } from '../test/store/redis-server.ts';

/**
 * From webhook to card and verdict, and Slack's acknowledgements meanwhile: a fresh bot each round, its playground as Slack, a
 * recording of the demo shop sent over OTLP. The embedded shape beside the one on Redis, in turn.
 *
 *     npx node bench/end-to-end.ts [rounds]
 */
const rounds = Number(process.argv[2] ?? 20);
const RECORDING = ['normal', 'abnormal'].map((part) => `test/fixtures/shop/auth-cascade.${part}.otlp.json.gz`);

type Sample = {
  readonly ready: number;
  readonly card: number;
  readonly verdict: number;
  readonly acks: readonly number[];
  readonly mb: number;
};

const samples = new Map<string, Sample[]>();
for (let round = 0; round < rounds; round += 1) {
  await play('embedded', {});
  if (redisServer === undefined) continue;
  const redis = await startRedis();
  await play('on Redis', { REDIS_URL: redis.url });
  await redis.stop();
}

console.log(`\n${rounds} rounds, milliseconds, p50 / p95`);
console.log(
  'shape      start to ready   webhook to card   webhook to verdict with picture   /trace acknowledged, p99   peak MB',
);
for (const [shape, list] of samples) {
  const both = (of: (sample: Sample) => number) =>
    `${quantile(list.map(of), 0.5).toFixed(0)} / ${quantile(list.map(of), 0.95).toFixed(0)}`;
  const acks = list.flatMap((sample) => sample.acks);
  console.log(
    shape.padEnd(10),
    both((s) => s.ready).padEnd(16),
    both((s) => s.card).padEnd(17),
    both((s) => s.verdict).padEnd(33),
    `${quantile(acks, 0.99).toFixed(0)} (of ${acks.length})`.padEnd(26),
    quantile(
      list.map((s) => s.mb),
      1,
    ).toFixed(0),
  );
}

async function play(shape: string, environment: Record<string, string>): Promise<void> {
  const begun = performance.now();
  const bot = await startBot(environment);
  const ready = performance.now() - begun;
  try {
    const now = Date.now();
    await sendSpans(bot.otlp, await recordingAt(RECORDING, (now - 2_000) * 1_000));
    const fired = performance.now();
    const acks = acknowledgements(bot);
    await sendPagerDuty(bot, { incident: `P-${now}`, service: 'Gateway', at: new Date(now - 2_000) });
    const card = await until(async () => (await messagesIn(bot.url)).length > 0);
    const verdict = await until(async () => (await messagesIn(bot.url)).some(isComplete));
    const sample = {
      ready,
      card: card - fired,
      verdict: verdict - fired,
      acks: await acks.stop(),
      mb: await peakMegabytes(bot.pid),
    };
    samples.set(shape, [...(samples.get(shape) ?? []), sample]);
    process.stderr.write('.');
  } finally {
    await bot.kill('SIGTERM');
  }
}

/** Slash commands all the while, each timed from the saying to the acknowledgement. */
function acknowledgements(bot: RunningBot) {
  const times: number[] = [];
  let going = true;
  const loop = (async () => {
    while (going) {
      const said = performance.now();
      const body = JSON.stringify({ channel: 'general', user: 'alex', text: '/trace help' });
      await (
        await fetch(`${bot.url}/playground/api/say`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        })
      ).arrayBuffer();
      times.push(performance.now() - said);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return {
    stop: async () => {
      going = false;
      await loop;
      return times;
    },
  };
}

async function until(isSo: () => Promise<boolean>): Promise<number> {
  const deadline = performance.now() + 60_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('Waited a minute for the card');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now();
}

async function peakMegabytes(pid: number): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
