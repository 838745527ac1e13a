import { context, type Link, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { tell } from './process.ts';
import type { Letter } from './wire.ts';

const tracer = trace.getTracer('theatre-messages', '1.0.0');
const attributesOf = (topic: string, type: 'send' | 'process') => ({
  'messaging.system': 'rabbitmq',
  'messaging.destination.name': topic,
  'messaging.operation.type': type,
  'messaging.operation.name': type,
});

/** Sends a letter; the broker has it when the span ends. */
export function publish(topic: string, body: Letter['body']): void {
  const span = tracer.startSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes: attributesOf(topic, 'send') });
  const headers: Record<string, string> = {};
  propagation.inject(trace.setSpan(context.active(), span), headers);
  tell({ kind: 'publish', letter: { topic, headers, body } });
  span.end();
}

/** Works on one letter in the trace of its sender. */
export function processOne({ topic, headers }: Letter, work: () => Promise<void>): Promise<void> {
  const sender = propagation.extract(ROOT_CONTEXT, headers);
  const options = { kind: SpanKind.CONSUMER, attributes: attributesOf(topic, 'process') };
  return tracer.startActiveSpan(`process ${topic}`, options, sender, async (span) => {
    await work();
    span.end();
  });
}

/** Works on several letters at once, in a trace of its own that is linked to all of theirs. */
export function processBatch(letters: readonly Letter[], work: () => Promise<void>): Promise<void> {
  const topic = letters[0]?.topic ?? '';
  const links = letters.flatMap(({ headers }): Link[] => {
    const sender = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, headers));
    return sender === undefined ? [] : [{ context: sender }];
  });
  const attributes = { ...attributesOf(topic, 'process'), 'messaging.batch.message_count': letters.length };
  const options = { kind: SpanKind.CONSUMER, attributes, links };
  return tracer.startActiveSpan(`process ${topic}`, options, ROOT_CONTEXT, async (span) => {
    await work();
    span.end();
  });
}
