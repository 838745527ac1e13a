import type { SpanTable } from '../model/trace.ts';

/** What is asked about a row's name, asked once for each name: a table has few names and many rows. */
export function aboutNames<T>(table: SpanTable, ask: (name: string) => T): (row: number) => T {
  const answers: ({ readonly answer: T } | undefined)[] = [];
  return (row) => {
    const id = table.nameId(row);
    const known = answers[id] ?? { answer: ask(table.name(row)) };
    answers[id] = known;
    return known.answer;
  };
}
