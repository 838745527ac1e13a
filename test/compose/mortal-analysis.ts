import { parentPort } from 'node:worker_threads';
import type { Envelope } from '../../src/investigation/analysis-worker.ts';

/** Speaks the analysis thread's protocol as far as a test needs, and does what the first suspect says when it is to divide. */
let spans = 0;
parentPort?.on('message', (envelope: Envelope) => {
  if (envelope.name === 'close') return;
  if (envelope.name === 'add') spans += envelope.ask.length;
  if (envelope.name === 'divide' && envelope.ask.by === 'hand') obey(envelope.ask.suspects[0]);
  const value = envelope.name === 'divide' ? { traces: [], spans } : null;
  parentPort?.postMessage({ kind: 'answer', id: envelope.id, value });
});

function obey(word: string | undefined): void {
  if (word === 'die') throw new Error('a mistake nobody thought of');
  const kept: unknown[] = [];
  while (word === 'grow') kept.push(Array.from({ length: 1_000 }, () => ({ heavy: Math.random() })));
  while (word === 'spin') kept.length = 0;
}
