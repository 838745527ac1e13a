import { parentPort } from 'node:worker_threads';
import type { Envelope } from '../../src/receiver/protocol.ts';

/** A worker that speaks the receiver's protocol as far as one test needs: it answers `services` and dies of `flush`. */
parentPort?.on('message', (envelope: Envelope) => {
  if (envelope.name === 'flush') throw new Error('a mistake nobody thought of');
  if (envelope.name === 'services') parentPort?.postMessage({ kind: 'answer', id: envelope.id, value: ['alive'] });
  if (envelope.name === 'close') {
    parentPort?.postMessage({ kind: 'answer', id: envelope.id, value: null });
    parentPort?.close();
  }
});
parentPort?.postMessage({ kind: 'ready' });
