import { parentPort } from 'node:worker_threads';
import { Failure, type FailureKind } from '../failure.ts';
import type { SpanRecord } from '../model/span.ts';
import type { Analysis } from '../model/verdict.ts';
import type { Divided, Division, Study } from '../ports/analyst.ts';
import { OpenStudy } from './study.ts';

/** What may be asked of the worker: name → question and answer. */
export type Calls = {
  add: { ask: readonly SpanRecord[]; answer: null };
  divide: { ask: Division; answer: Divided };
  analyse: { ask: Parameters<Study['analyse']>[0]; answer: Analysis };
};
export type CallName = keyof Calls;

/** A call on its way to the worker, in the study with that number; `close` is not answered. */
export type Envelope =
  | {
      [Name in CallName]: {
        readonly id: number;
        readonly study: number;
        readonly name: Name;
        readonly ask: Calls[Name]['ask'];
      };
    }[CallName]
  | { readonly name: 'close'; readonly study: number };

/** A `Failure` without its class, which does not survive the way between threads. */
export type PlainFailure = { readonly kind: FailureKind; readonly message: string; readonly hint: string };

export type Report =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: PlainFailure };

/*
 * The analysis' own thread. Building a table and analysing it keep a thread busy from front to end, a second for 400,000 spans;
 * here nobody waits for it who has to answer a person within three. `compose/analysis-thread.ts` is the other end.
 */
const studies = new Map<number, OpenStudy>();

parentPort?.on('message', (envelope: Envelope) => {
  if (envelope.name === 'close') studies.delete(envelope.study);
  else parentPort?.postMessage(answered(envelope));
});

function answered(envelope: Exclude<Envelope, { name: 'close' }>): Report {
  const { id } = envelope;
  try {
    return { kind: 'answer', id, value: answerTo(envelope) };
  } catch (thrown) {
    const { kind, message, hint } = Failure.from(thrown);
    return { kind: 'failure', id, failure: { kind, message, hint } };
  }
}

function answerTo(envelope: Exclude<Envelope, { name: 'close' }>): Calls[CallName]['answer'] {
  const study = studies.get(envelope.study) ?? new OpenStudy();
  studies.set(envelope.study, study);
  switch (envelope.name) {
    case 'add':
      study.add(envelope.ask);
      return null;
    case 'divide':
      return study.divide(envelope.ask);
    case 'analyse':
      return study.analyse(envelope.ask);
  }
}
