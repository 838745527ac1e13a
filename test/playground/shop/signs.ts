import { expect } from 'vitest';
import { median, type Received, type ReceivedTrace, selfTime } from './received.ts';

/** What must be seen in the spans of each scenario for its fault to be real; the same for live runs and for recordings. */
export const SIGNS: Readonly<
  Record<string, (normal: readonly ReceivedTrace[], abnormal: readonly ReceivedTrace[]) => void>
> = {
  'auth-cascade': authCascade,
  'tls-retry': tlsRetry,
  'write-race': writeRace,
  'slow-serialisation': slowSerialisation,
  audit,
};

function authCascade(normal: readonly ReceivedTrace[], abnormal: readonly ReceivedTrace[]): void {
  const attempts = (trace: ReceivedTrace) => calls(trace, 'order', 'auth').length;
  nearlyAll(checkouts(normal).map(attempts), (count) => count === 1);

  const failed = checkouts(abnormal).filter((trace) => status(trace.root) === 503);
  expect(failed.length).toBeGreaterThan(checkouts(abnormal).length / 2);
  // Three attempts inside each of two attempts.
  all(
    failed.map((trace) => calls(trace, 'gateway', 'order').length),
    (count) => count === 2,
  );
  all(failed.map(attempts), (count) => count === 6);
  for (const call of failed.flatMap((trace) => calls(trace, 'order', 'auth'))) {
    expect(call).toMatchObject({ error: true, attributes: { 'error.type': 'TimeoutError' } });
    expect(call.end - call.start).toBeGreaterThan(230);
  }
}

function tlsRetry(normal: readonly ReceivedTrace[], abnormal: readonly ReceivedTrace[]): void {
  const handshakes = (trace: ReceivedTrace) => trace.spans.filter((span) => span.name === 'tls.connect');
  all(
    checkouts(normal).map((trace) => handshakes(trace).length),
    (count) => count === 1,
  );
  nearlyAll(checkouts(normal).flatMap(handshakes), (span) => !span.error);

  const retried = checkouts(abnormal).filter((trace) => handshakes(trace).length >= 2);
  const untouched = checkouts(abnormal).filter((trace) => handshakes(trace).length === 1);
  expect(retried.length).toBeGreaterThanOrEqual(10);
  expect(untouched.length).toBeGreaterThanOrEqual(10);
  for (const trace of retried) {
    const spans = handshakes(trace).toSorted((a, b) => a.start - b.start);
    all(spans.slice(0, -1), (span) => span.error && span.service === 'payment');
    const attempts = calls(trace, 'payment', 'paygw').filter((span) => span.error);
    expect(attempts.length).toBeGreaterThanOrEqual(spans.length - 1);
  }
  // The provider itself sends nothing.
  all(
    abnormal.flatMap((trace) => trace.spans),
    (span) => span.service !== 'paygw',
  );
}

function writeRace(normal: readonly ReceivedTrace[], abnormal: readonly ReceivedTrace[]): void {
  for (const trace of checkouts(normal)) {
    const { write, acknowledged } = anchors(trace);
    expect(write?.version).toBe('1');
    expect(write?.start).toBeGreaterThanOrEqual(Math.floor(acknowledged));
  }
  const raced = checkouts(abnormal).filter((trace) => anchors(trace).write?.version === '2');
  expect(raced.length).toBeGreaterThanOrEqual(20);
  for (const trace of raced) {
    const { write, acknowledged } = anchors(trace);
    expect(write?.start).toBeLessThan(acknowledged);
  }
  const early = raced.filter((trace) => (anchors(trace).write?.end ?? 0) < anchors(trace).acknowledged);
  expect(early.length).toBeGreaterThan(raced.length * 0.8);

  const takenBack = raced.filter((trace) => status(trace.root) === 409);
  expect(takenBack.length).toBeGreaterThanOrEqual(3);
  for (const trace of takenBack) {
    const compensation = trace.spans.find((span) => span.name === 'UPDATE orders');
    expect(compensation?.start).toBeGreaterThanOrEqual(Math.floor(anchors(trace).acknowledged));
  }
}

function slowSerialisation(normal: readonly ReceivedTrace[], abnormal: readonly ReceivedTrace[]): void {
  const hops = [
    ['gateway', 'POST /checkout'],
    ['order', 'POST /orders'],
    ['inventory', 'POST /reservations'],
  ] as const;
  all(
    normal.flatMap((trace) => trace.spans),
    (span) => span.version === '1',
  );
  for (const [service, name] of hops) {
    const times = (version: string) =>
      checkouts(abnormal).flatMap((trace) =>
        trace.spans
          .filter((span) => span.service === service && span.name === name && span.version === version)
          .map((span) => selfTime(trace, span)),
      );
    expect(times('1').length).toBeGreaterThanOrEqual(10);
    expect(times('2').length).toBeGreaterThanOrEqual(10);
    // 40 ms of CPU; more where the event loop was taken by another request, less where the machine has no core to spare.
    expect(median(times('2')) - median(times('1'))).toBeGreaterThan(20);
  }
  const unchanged = abnormal.flatMap((trace) => trace.spans).filter((span) => span.service === 'payment');
  all(unchanged, (span) => span.version === '1');
}

function audit(normal: readonly ReceivedTrace[], abnormal: readonly ReceivedTrace[]): void {
  const rows = (trace: ReceivedTrace) =>
    trace.spans.map((span) => Number(span.attributes['db.response.returned_rows'] ?? 0));
  all(normal.flatMap(rows), (count) => count <= 20);

  const harvested = abnormal.filter((trace) => rows(trace).some((count) => count > 20));
  expect(harvested.length).toBeGreaterThanOrEqual(5);
  for (const trace of harvested) {
    const reads = trace.spans.filter((span) => Number(span.attributes['db.response.returned_rows'] ?? 0) > 500);
    expect(new Set(reads.map((span) => span.service))).toEqual(new Set(['order', 'payment', 'inventory']));
    expect(trace.root?.attributes).toMatchObject({ 'user.id': 'u-1060', 'client.address': '203.0.113.77' });
    all(reads, (span) => span.attributes['user.id'] === 'u-1060');
  }
  expect(abnormal.filter((trace) => Number(status(trace.root)) >= 500)).toEqual([]);
}

export function checkouts(traces: readonly ReceivedTrace[]): readonly ReceivedTrace[] {
  return traces.filter((trace) => trace.root?.name === 'POST /checkout');
}

export function status(span: Received | undefined): number {
  return Number(span?.attributes['http.response.status_code']);
}

/** Client spans of one service towards another. */
function calls(trace: ReceivedTrace, from: string, to: string): readonly Received[] {
  return trace.spans.filter(
    (span) => span.service === from && span.kind === 'client' && span.attributes['server.address'] === to,
  );
}

/** The write of the order, and when inventory's acknowledgement was there. */
function anchors(trace: ReceivedTrace): { write: Received | undefined; acknowledged: number } {
  return {
    write: trace.spans.find((span) => span.name === 'INSERT orders'),
    acknowledged: calls(trace, 'order', 'inventory')[0]?.end ?? Number.NaN,
  };
}

/** Every one is so, and there is at least one. */
function all<T>(list: readonly T[], isSo: (one: T) => boolean): void {
  expect(list.length).toBeGreaterThan(0);
  expect(list.filter((one) => !isSo(one))).toEqual([]);
}

/** At least 95 % are so: a machine under load may well make a healthy shop try twice now and then. */
function nearlyAll<T>(list: readonly T[], isSo: (one: T) => boolean): void {
  expect(list.length).toBeGreaterThan(0);
  expect(list.filter(isSo).length / list.length).toBeGreaterThanOrEqual(0.95);
}
