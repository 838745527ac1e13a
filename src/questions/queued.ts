import type { JobQueue } from '../ports/job-queue.ts';
import type { Question, Questions } from '../ports/questions.ts';
import type { Store } from '../ports/store.ts';
import { traceparent } from '../telemetry.ts';

/**
 * Takes a question in by putting it on disk: Slack acknowledges an event before anybody worked on it, so a crash while
 * answering would lose it otherwise. `answered` here means that the answer will come.
 */
export function queuedQuestions(parts: { readonly store: Store; readonly queue: JobQueue }): Questions {
  return {
    async answer(question: Question) {
      const ours = await parts.store.find({ by: 'thread', thread: question.thread });
      if (ours === undefined) return 'not-ours';
      const parent = traceparent();
      const job = { kind: 'answer' as const, question, ...(parent === undefined ? {} : { traceparent: parent }) };
      const added = await parts.queue.add(job, { key: `answer:${question.key}` });
      return added === 'added' ? 'answered' : 'duplicate';
    },
  };
}
