import type { ThreadRef } from '../model/investigation.ts';

/** Something a person said in a thread, or a button that stands for it. */
export type Question = {
  readonly thread: ThreadRef;
  readonly text: string;
  readonly by: string;
  /** The same when the chat delivers the same saying twice. */
  readonly key: string;
  /** True when the bot was addressed by name or by a button; talk among people in the thread is not answered. */
  readonly addressed: boolean;
};

export interface Questions {
  /** Answers in the thread; every failure is told there too. Resolves when the answer stands. */
  answer(question: Question): Promise<'answered' | 'not-ours' | 'duplicate'>;
}
