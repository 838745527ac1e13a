import type { Investigation, ThreadRef } from '../model/investigation.ts';
import type { Chat } from '../ports/chat.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Words } from '../render/words.ts';
import { refSaid, sayOnce } from './once.ts';

const KEEP_MS = 30 * 24 * 3_600_000;
/** Titles that are named. */
const TITLES = 3;
/** Others may come while the reply is edited; after so many rounds somebody else's turn comes. */
const ROUNDS = 5;

/**
 * Alerts that fired beside a cause and whose own traces do not show why are named in its thread: in one reply, which is edited
 * as more of them come, since nobody wants to hear of each. The first of them posts it, so that no two do.
 *
 * ```
 *   1st ── "Mail is late fired at the same time as …" ──┐
 *   2nd ──────────────────────────────────────────────── edited: "2 alerts fired at the same time as …: …, …"
 * ```
 */
export function createBeside(parts: { readonly ledger: Ledger; readonly chat: Chat; readonly words: Words }) {
  const { ledger, chat, words } = parts;

  /** Its number among those beside the leader, the same whenever it is asked. */
  async function numberOf(follower: Investigation, leader: string): Promise<number> {
    const mark = `beside:${leader}:${follower.id}`;
    const known = await ledger.read(mark);
    if (known !== undefined) return Number(known);
    const number = await ledger.count(`beside-count:${leader}`, KEEP_MS);
    const title = follower.trigger.kind === 'alert' ? follower.trigger.alert.title.slice(0, 200) : '';
    if (number <= TITLES) await ledger.settle(`beside-title:${leader}:${number}`, title, KEEP_MS);
    await ledger.settle(mark, `${number}`, KEEP_MS);
    return number;
  }

  async function all(leader: string) {
    const alerts = Number((await ledger.read(`beside-count:${leader}`)) ?? 0);
    const titles: string[] = [];
    for (let number = 1; number <= Math.min(alerts, TITLES); number += 1)
      titles.push((await ledger.read(`beside-title:${leader}:${number}`)) ?? '');
    return { alerts, titles: titles.filter((title) => title !== '') };
  }

  return async (follower: Investigation, leader: Investigation, thread: ThreadRef): Promise<void> => {
    const key = `reply:${leader.id}:beside`;
    const isFirst = (await numberOf(follower, leader.id)) === 1;
    let said = await all(leader.id);
    const ref = isFirst
      ? await sayOnce(ledger, key, {
          look: () => chat.find({ channel: thread.channel, thread }, key, leader.openedAt),
          act: () => chat.reply(thread, words.beside(follower, leader, said), key),
        })
      : await refSaid(ledger, key);
    // Where the first is still on its way it tells of this one as well, once it has been posted.
    if (ref === undefined) return;
    let told = isFirst ? said.alerts : 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      said = await all(leader.id);
      if (said.alerts === told) return;
      await chat.amend(ref, words.beside(follower, leader, said));
      told = said.alerts;
    }
  };
}
