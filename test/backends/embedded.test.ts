import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { backends } from '../../src/backends/index.ts';
import type { TraceBackend } from '../../src/ports/trace-backend.ts';
import { type Receiver, startReceiver } from '../../src/receiver/receiver.ts';
import { CONTRACT_SPANS, traceBackendContract } from '../contracts/trace-backend.ts';
import { encodeProtobuf } from '../receiver/otlp-encode.ts';
import { quiet } from '../receiver/quiet.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-embedded-'));
let receiver: Receiver | undefined;

afterAll(async () => {
  await receiver?.close();
  rmSync(folder, { recursive: true, force: true });
});

function connect(options: unknown, context: Parameters<(typeof backends)[number]['connect']>[1]): TraceBackend {
  const definition = backends.find((candidate) => candidate.kind === 'embedded');
  if (definition === undefined) throw new Error('embedded is not in the list');
  return definition.connect(options, context);
}

traceBackendContract('the embedded store', async () => {
  receiver = await startReceiver({ folder, host: '127.0.0.1', port: undefined, log: quiet });
  // One request a span, so that spans of a trace arrive late and out of order.
  for (const span of CONTRACT_SPANS.toReversed()) {
    const answer = await receiver.take(encodeProtobuf([span]), 'application/x-protobuf', undefined);
    expect(answer.status).toBe(200);
  }
  return connect({}, { archive: receiver.archive });
});

describe('the embedded backend', () => {
  const archive = {
    fetch: async function* () {},
    search: async () => [],
    services: async () => [],
    stats: async () => ({ spans: 0, traces: 0, bytes: 0, limit: 1, accepted: 0, refused: 0, turnedAway: 0 }),
  };

  test('links where a page is configured, its own before the general one', () => {
    expect(connect({}, { archive }).linkTo('ab', 'cd')).toBeUndefined();
    expect(connect({}, { archive, linkTemplate: 'https://t/{traceId}?s={spanId}' }).linkTo('ab', 'cd')).toBe(
      'https://t/ab?s=cd',
    );
    expect(
      connect({ linkTemplate: 'https://own/{traceId}' }, { archive, linkTemplate: 'https://t/{traceId}' }).linkTo('ab'),
    ).toBe('https://own/ab');
  });

  test('refuses a role without a receiver, and unknown options by name', () => {
    expect(() => connect({}, {})).toThrow(
      expect.objectContaining({ kind: 'misconfigured', message: expect.stringContaining('one process only') }),
    );
    expect(() => connect({ colour: 'red' }, { archive })).toThrow(
      expect.objectContaining({ kind: 'misconfigured', message: expect.stringContaining('colour') }),
    );
  });

  test('an empty store is well, with a hint what to do', async () => {
    expect(await connect({}, { archive }).check(new AbortController().signal)).toMatchObject({
      ok: true,
      hint: expect.stringContaining('OTEL_EXPORTER_OTLP_ENDPOINT'),
    });
  });

  test('a store that fails is told, not thrown', async () => {
    const broken = { ...archive, stats: () => Promise.reject(new Error('disk')) };
    expect(await connect({}, { archive: broken }).check(new AbortController().signal)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('disk'),
    });
  });
});
