import protobuf from 'protobufjs/minimal.js';
import { Failure } from '../failure.ts';
import { readOtlpProtobuf } from './otlp-protobuf.ts';
import { inside } from './protobuf-fields.ts';
import type { SpanSink } from './reading.ts';

// Field 3 as a varint, and the value of `PartialStatus` that says that spans are missing.
const STATUS = 24;
const PARTIAL = 1;

/**
 * What Tempo's `/api/v2/traces/{id}` answers in protobuf: a TraceByIDResponse whose field 1 is the trace, itself the same on
 * the wire as an ExportTraceServiceRequest. Version 1 answers the trace bare; both are told apart by their nesting:
 *
 * ```
 *   v2   1: Trace { 1: ResourceSpans { 1: Resource, 2: ScopeSpans … } }
 *   v1            1: ResourceSpans { 1: Resource, 2: ScopeSpans … }
 * ```
 *
 * Behind it version 2 says in field 3 whether the trace is cut (`PARTIAL`), which is what the result tells: `cut`.
 *
 * Throws a `Failure` of kind `bad-input` for bytes that are neither. Source: grafana/tempo pkg/tempopb/tempo.proto.
 */
export function readTempoProtobuf(bytes: Buffer, version: 1 | 2, sink: SpanSink): 'whole' | 'cut' {
  if (version === 1) {
    readOtlpProtobuf(bytes, sink);
    return 'whole';
  }
  let status = 0;
  const reader = protobuf.Reader.create(bytes);
  try {
    while (reader.pos < reader.len) {
      const next = reader.uint32();
      if (next === STATUS) {
        status = reader.int32();
        continue;
      }
      if (next !== 10) {
        reader.skipType(next & 7);
        continue;
      }
      inside(reader, (end) => {
        readOtlpProtobuf(bytes.subarray(reader.pos, end), sink);
        reader.pos = end;
      });
    }
    return status === PARTIAL ? 'cut' : 'whole';
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    throw new Failure(
      'bad-input',
      `The answer is no trace of Tempo: its protobuf is broken at byte ${reader.pos} of ${bytes.length}.`,
      'Check that it is Tempo that answers.',
      { cause: thrown },
    );
  }
}
