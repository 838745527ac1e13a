/*
 * Records a second application, unlike the demo shop, while things go wrong in it, for `npx causeway evaluate`:
 *
 *   npx node bench/second-app/record.ts FOLDER [fault …]
 *
 * FOLDER gets `cases.jsonl`, `labels.jsonl` and, for each fault, the spans of about 20 s before it and of about 20 s with it, as
 * OTLP JSON. Nothing is sorted out: what the processes sent is what is written.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { visit } from './customers.ts';
import { FAULTS, type Fault } from './faults.ts';
import { type Batch, startReceiver } from './receiver.ts';
import { Theatre } from './theatre.ts';

const SET = 'second-app';
const PER_SECOND = 12;
const WARM_UP_MS = 4_000;
const WINDOW_MS = 20_000;
/** Messages are still worked on when the last customer has been answered. */
const DRAIN_MS = 3_500;

const [folder = '', ...wanted] = process.argv.slice(2);
if (folder === '') throw new Error('Say where to: npx node bench/second-app/record.ts FOLDER [fault …]');
for (const fault of FAULTS) {
  if (wanted.length > 0 && !wanted.includes(fault.name)) continue;
  const { normal, abnormal, failed } = await record(fault);
  const data = join('data', fault.name);
  mkdirSync(join(folder, data), { recursive: true });
  const files = { normal: `${data}/normal.otlp.json.gz`, abnormal: `${data}/abnormal.otlp.json.gz` };
  writeFileSync(join(folder, files.normal), gzipSync(JSON.stringify({ resourceSpans: normal })));
  writeFileSync(join(folder, files.abnormal), gzipSync(JSON.stringify({ resourceSpans: abnormal })));
  const name = `${SET}/${fault.name}`;
  const { services, mechanisms, story } = fault;
  note('cases.jsonl', name, { case: name, format: 'otlp', ...files });
  // Where nothing is wrong there is nobody to be found, and no label: whoever is named in the predictions is named for nothing.
  if (services.length > 0)
    note('labels.jsonl', name, { case: name, set: SET, services, faultType: fault.name, mechanisms, story });
  console.log(`${fault.name}: ${tracesIn(normal)} + ${tracesIn(abnormal)} traces, ${failed} requests failed`);
}

async function record(fault: Fault) {
  const receiver = await startReceiver();
  const theatre = await Theatre.open(receiver.url);
  await visit(theatre.door, PER_SECOND, WARM_UP_MS);
  await settle();
  receiver.take();
  await visit(theatre.door, PER_SECOND, WINDOW_MS);
  await settle();
  const normal = receiver.take();
  await fault.begin(theatre);
  const statuses = await visit(theatre.door, PER_SECOND * (fault.perSecond ?? 1), WINDOW_MS);
  await settle();
  const abnormal = receiver.take();
  await theatre.close();
  await receiver.close();
  return { normal, abnormal, failed: statuses.filter((status) => status === 0 || status >= 500).length };

  async function settle() {
    await sleep(DRAIN_MS);
    await theatre.flush();
  }
}

/** Writes a line under its name, in place of the one that stands there. */
function note(file: string, name: string, line: object): void {
  const path = join(folder, file);
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  const others = lines.filter((one) => JSON.parse(one).case !== name);
  writeFileSync(path, `${[...others, JSON.stringify(line)].join('\n')}\n`);
}

function tracesIn(batches: readonly Batch[]): number {
  return new Set(batches.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map((s) => s.traceId))))
    .size;
}
