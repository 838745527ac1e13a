import { startReceiver } from '../../src/receiver/receiver.ts';
import { encodeProtobuf } from './otlp-encode.ts';
import { quiet } from './quiet.ts';

/** Takes in one trace of 50 spans after another and tells how many were answered 200, until it is killed. */
const receiver = await startReceiver({ folder: process.argv[2] ?? '', host: '127.0.0.1', port: undefined, log: quiet });
for (let trace = 1; ; trace += 1) {
  const resource = { 'service.name': 'shop' };
  const spans = Array.from({ length: 50 }, (_, index) => ({
    traceId: trace.toString(16).padStart(32, '0'),
    spanId: (index + 1).toString(16).padStart(16, '0'),
    service: 'shop',
    name: 'work',
    kind: 'internal' as const,
    start: 1_795_348_800_000_000 + index,
    end: 1_795_348_800_000_100 + index,
    status: 'unset' as const,
    attributes: {},
    resource,
    events: [],
    links: [],
  }));
  const answer = await receiver.take(encodeProtobuf(spans), 'application/x-protobuf', undefined);
  if (answer.status === 200) process.send?.(trace);
}
