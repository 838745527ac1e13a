import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import type { Alert } from '../../src/model/alert.ts';
import { type IncidentNote, NOTE_LIMIT, noteMark } from '../../src/model/note.ts';
import type { IncidentNotes } from '../../src/ports/incident-notes.ts';
import { ARRIVES, type Asked, type Fate, type StrictServer, strictServer } from '../notes/strict-server.ts';

export type IncidentNotesBed = {
  readonly title: string;
  /** A place with nothing on its incident yet; `redirected` points it to another address. */
  start(): Promise<{
    readonly server: StrictServer;
    readonly notes: IncidentNotes;
    /** About an incident that stands there. */
    readonly alert: Alert;
    /** The texts that stand on it, oldest first. */
    texts(): readonly string[];
    /** Somebody else writes there; missing where nobody could. */
    annotate?(text: string): void;
  }>;
  /** What is secret in its configuration. */
  readonly secret: string;
  /** The request that writes. */
  writes(asked: Asked): boolean;
};

const signal = new AbortController().signal;

/** What every place for notes promises (`ports/incident-notes.ts`), beside a server that is built to its documentation. */
export function incidentNotesContract(bed: IncidentNotesBed): void {
  describe(`${bed.title} as a place for notes`, () => {
    let place: Awaited<ReturnType<IncidentNotesBed['start']>>;
    beforeEach(async () => {
      place = await bed.start();
    });
    afterEach(() => place.server.close());
    const write = (note: IncidentNote, until = signal) => place.notes.write(place.alert, note, until);
    const fated = (fate: Fate) => place.server.decide((asked) => (bed.writes(asked) ? fate : ARRIVES));

    test('a note that was written stands there, word by word', async () => {
      await write(noteOf('first'));
      expect(place.texts()).toEqual([noteOf('first').text]);
    });

    test('two notes stand in the order in which they were written', async () => {
      await write(noteOf('first'));
      await write(noteOf('second'));
      expect(place.texts()).toEqual([noteOf('first').text, noteOf('second').text]);
    });

    test('any script, quotes and what looks like mark-up arrive as they are, and so does the longest note', async () => {
      const odd = noteOf('odd', 'Zahlung hängt 💥 — 支払い "quoted" <!channel> & \\n {x} \u202e');
      const long = noteOf('long', 'x'.repeat(NOTE_LIMIT - 40));
      await write(odd);
      await write(long);
      expect(place.texts()).toEqual([odd.text, long.text]);
    });

    test('it takes alerts of its own senders only', () => {
      expect(place.notes.takes(place.alert)).toBe(true);
      expect(place.notes.takes({ ...place.alert, source: 'somebody-else' })).toBe(false);
    });

    test('after a doubt it is known whether the note stands there, or a second try does no harm', async () => {
      fated({ kind: 'answer lost' });
      await expect(write(noteOf('first'))).rejects.toMatchObject({ name: 'Failure', retryable: true });
      place.server.decide(() => ARRIVES);
      if (place.notes.holds === undefined) await write(noteOf('first'));
      else expect(await place.notes.holds(place.alert, noteOf('first').key, signal)).toBe(true);
      expect(place.texts()).toEqual([noteOf('first').text]);
    });

    test('a note that was lost on its way does not stand there', async () => {
      fated({ kind: 'lost on the way there' });
      await expect(write(noteOf('first'))).rejects.toMatchObject({ name: 'Failure', retryable: true });
      place.server.decide(() => ARRIVES);
      expect((await place.notes.holds?.(place.alert, noteOf('first').key, signal)) ?? false).toBe(false);
      expect(place.texts()).toEqual([]);
    });

    test('a note is known by its own key, not by another one or by somebody who quotes it', async () => {
      const { holds } = place.notes;
      if (holds === undefined || place.annotate === undefined) return;
      const { key, text } = noteOf('first');
      place.annotate(`> ${text}\nSo I rolled it back.`);
      await write(noteOf('second'));
      expect(await holds(place.alert, key, signal)).toBe(false);
      expect(await holds(place.alert, noteOf('second').key, signal)).toBe(true);
    });

    test.each([
      [429, { 'retry-after': '17' }, { kind: 'busy', retryable: true, retryAfter: 17 }],
      [500, {}, { kind: 'unreachable', retryable: true }],
      [503, { 'retry-after': '3' }, { kind: 'unreachable', retryable: true, retryAfter: 3 }],
      [408, {}, { kind: 'unreachable', retryable: true }],
      [400, {}, { kind: 'refused', retryable: false }],
      [401, {}, { kind: 'unauthorized', retryable: false }],
      [403, {}, { kind: 'unauthorized', retryable: false }],
      [404, {}, { kind: 'not-found', retryable: false }],
      [302, { location: 'http://127.0.0.1:9/' }, { kind: 'refused', retryable: false }],
    ])('answered %i it says whether trying again makes sense, and tries nothing by itself', async (status, headers, as) => {
      fated({ kind: 'refused', status, headers });
      const failure = await failureOf(() => write(noteOf('first')));
      expect(failure).toMatchObject(as);
      expect(failure.hint.length).toBeGreaterThan(0);
      expect(`${failure.message} ${failure.hint}`).not.toContain(bed.secret);
      expect(place.server.requests.filter((asked) => bed.writes(asked))).toHaveLength(1);
      expect(place.texts()).toEqual([]);
    });

    test('nobody is sent elsewhere with what is secret', async () => {
      const elsewhere = await strictServer(() => ({ status: 200, body: {} }));
      fated({ kind: 'refused', status: 307, headers: { location: `${elsewhere.url}/here` } });
      await expect(write(noteOf('first'))).rejects.toMatchObject({ kind: 'refused' });
      expect(elsewhere.requests).toEqual([]);
      await elsewhere.close();
    });

    test('whether notes could be written is told without writing one', async () => {
      const { check } = place.notes;
      if (check === undefined) return;
      expect((await check(signal)).length).toBeGreaterThan(0);
      place.server.decide(() => ({ kind: 'refused', status: 401 }));
      await expect(check(signal)).rejects.toMatchObject({ kind: 'unauthorized' });
      expect(place.texts()).toEqual([]);
    });

    test('an abort ends the waiting with its reason', async () => {
      fated({ kind: 'never answered' });
      const stop = new AbortController();
      const writing = write(noteOf('first'), stop.signal);
      stop.abort(new Error('the lease was lost'));
      await expect(writing).rejects.toThrow('the lease was lost');
    });
  });
}

async function failureOf(act: () => Promise<unknown>): Promise<Failure> {
  try {
    await act();
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
  throw new Error('Nothing was refused');
}

/** A note with a key of its own. */
export function noteOf(name: string, text = `Causeway: Cause: ${name}.\n31 of 40 requests affected`): IncidentNote {
  const key = Buffer.from(name).toString('hex').padStart(12, '0').slice(0, 12);
  return {
    key,
    text: `${text}\n${noteMark(key)}`,
    facts: {
      investigation: 'inv-1',
      verdict: 'cause',
      confidence: 'high',
      changed: false,
      headline: 'Cause: it.',
      mechanism: 'timeout',
      services: ['auth'],
      affected: 31,
      examined: 40,
      since: 1_773_457_925_000_000,
      answeredAt: 1_773_457_930_000_000,
      permalink: 'https://acme.slack.com/archives/C01/p1',
    },
  };
}

/** An alert about an incident called `id`. */
export function alertAbout(source: string, id: string): Alert {
  const times = { occurredAt: 1_773_457_925_000_000, startedAt: 1_773_457_925_000_000 };
  return {
    source,
    id,
    delivery: 'd',
    event: 'triggered',
    title: 'Errors',
    ...times,
    links: {},
    labels: {},
    traceIds: [],
  };
}
