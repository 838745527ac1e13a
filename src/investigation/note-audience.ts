import { z } from 'zod';
import type { NotedAlert } from '../model/note.ts';
import type { Ledger } from '../ports/ledger.ts';
import { KEEP_MS } from './note-entry.ts';

/** Most incidents beside its own that get the notes of one investigation: a storm must not become a storm of notes. */
const LIMIT = 50;
/** Who speaks for one that speaks for another; the chain is short, and never a circle. */
const VOICES = 5;

const Kept = z.object({
  source: z.string(),
  id: z.string(),
  title: z.string(),
  service: z.string().optional(),
  url: z.string().optional(),
});

/**
 * Which incidents get the notes of an investigation beside its own, and whose notes an investigation goes with that came to
 * the same culprit as another. Kept in the ledger, a numbered place for each incident, so that no two processes come between.
 */
export function createAudience(ledger: Ledger) {
  const countOf = (investigation: string) => `notes-beside:${investigation}`;
  const placeOf = (investigation: string, place: number | string) => `note-beside:${investigation}:${place}`;
  const voiceKey = (investigation: string) => `notes-go-with:${investigation}`;

  return {
    /** Whether it gets them; not when so many do already. */
    async add(investigation: string, alert: NotedAlert): Promise<boolean> {
      const own = placeOf(investigation, `${alert.source}/${alert.id}`);
      if ((await ledger.read(own)) !== undefined) return true;
      const place = await ledger.count(countOf(investigation), KEEP_MS);
      if (place > LIMIT) return false;
      const { source, id, title, service, url } = alert;
      await ledger.settle(placeOf(investigation, place), JSON.stringify({ source, id, title, service, url }), KEEP_MS);
      await ledger.settle(own, `${place}`, KEEP_MS);
      return true;
    },
    async of(investigation: string): Promise<readonly NotedAlert[]> {
      const alerts: NotedAlert[] = [];
      for (let place = 1; place <= LIMIT; place += 1) {
        const note = await ledger.read(placeOf(investigation, place));
        // A crash may have left a place without anybody in it, so the ones behind it are looked at as well.
        if (note === undefined) continue;
        const { source, id, title, service, url } = Kept.parse(JSON.parse(note));
        alerts.push({ source, id, title, ...(service && { service }), ...(url && { url }) });
      }
      return alerts;
    },
    /** From now on the one has no notes of its own: those of the other are for its incidents, too. */
    goWith: (investigation: string, other: string) => ledger.settle(voiceKey(investigation), other, KEEP_MS),
    /** It speaks for itself again. */
    async goAlone(investigation: string): Promise<void> {
      const voice = await ledger.read(voiceKey(investigation));
      if (voice !== undefined && voice !== '') await ledger.settle(voiceKey(investigation), '', 1);
    },
    /** Whose notes are those of the investigation: its own, unless it goes with another. */
    async voiceOf(investigation: string): Promise<string> {
      let voice = investigation;
      for (let hop = 0; hop < VOICES; hop += 1) {
        const next = await ledger.read(voiceKey(voice));
        if (next === undefined || next === '' || next === investigation) break;
        voice = next;
      }
      return voice;
    },
  };
}
