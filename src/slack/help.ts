import type { Line, Message } from '../model/message.ts';

const EXAMPLE = '/trace 4bf92f3577b34da6a3ce929d0e0e4736';

const UNDERSTOOD: readonly Line[] = [
  ['16 or 32 hex digits, as ', { code: EXAMPLE }],
  ['a ', { code: 'traceparent' }, ' header, or an X-Ray id'],
  ['a link to a trace in Jaeger, Tempo, Zipkin or any other page with the id in its address'],
];

/** Answer to `/trace help`. */
export function commandHelp(): Message {
  return {
    summary: `Give me a trace id, as ${EXAMPLE}, and I say what happened in it.`,
    parts: [
      { kind: 'text', lines: [[{ bold: 'Give me a trace and I say what happened in it.' }], ['I understand:']] },
      { kind: 'list', items: UNDERSTOOD },
      { kind: 'note', line: ['Then ask me in the thread of the card, as "who is affected?" or "how do you know?"'] },
    ],
  };
}

/** Answer to `/trace` with something that names no trace. */
export function unclearTrace(why: string): Message {
  return {
    summary: `${why} Try ${EXAMPLE}, or /trace help.`,
    parts: [{ kind: 'text', lines: [[why], ['Try ', { code: EXAMPLE }, ', or ', { code: '/trace help' }, '.']] }],
  };
}

/** Answer to somebody who addressed the bot where it has looked into nothing. */
export function nothingHere(why: string | undefined): Message {
  const start = why ?? 'I have looked into nothing here yet.';
  return {
    summary: `${start} Mention me with a trace id, or ask in the thread of one of my cards.`,
    parts: [
      { kind: 'text', lines: [[start, ' Mention me with one of these, or ask in the thread of one of my cards:']] },
      { kind: 'list', items: UNDERSTOOD.slice(0, 1).concat(UNDERSTOOD.slice(2)) },
    ],
  };
}
