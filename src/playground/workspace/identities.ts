import { createHash } from 'node:crypto';

/** The one team, app and bot of the playground, with ids in Slack's own form. */
export const TEAM = { id: 'T0PLAYGROUND', name: 'Playground', domain: 'playground' } as const;
export const APP = { id: 'A0CAUSEWAY01', botId: 'B0CAUSEWAY01', userId: 'U0CAUSEWAY01' } as const;

export type Person = { readonly id: string; readonly name: string; readonly realName: string; readonly bot: boolean };

export type Channel = {
  readonly id: string;
  readonly name: string;
  readonly purpose: string;
  /** Whether the bot is in the channel: where it is not, it hears nothing and needs `chat:write.public` to speak. */
  readonly joined: boolean;
};

/** Who is there besides the bot. The first one is the reader of the page. */
export const PEOPLE: readonly Person[] = [
  { id: 'U0ALEXMOREAU', name: 'alex', realName: 'Alex Moreau', bot: false },
  { id: 'U0PRIYANAIR0', name: 'priya', realName: 'Priya Nair', bot: false },
  { id: 'U0SAMOKAFOR0', name: 'sam', realName: 'Sam Okafor', bot: false },
  { id: 'U0MEICHEN000', name: 'mei', realName: 'Mei Chen', bot: false },
];

export const DEFAULT_CHANNELS: readonly Omit<Channel, 'id'>[] = [
  { name: 'incidents', purpose: 'What is broken right now, and why', joined: true },
  { name: 'payments', purpose: 'Everything about paying', joined: true },
  { name: 'general', purpose: 'For everyone', joined: true },
];

/** The same name gives the same id on every machine and after every restart. */
export function personId(name: string): string {
  return `U0${createHash('sha256').update(name.toLowerCase()).digest('hex').slice(0, 9).toUpperCase()}`;
}

/** The same name gives the same id on every machine and after every restart. */
export function channelId(name: string): string {
  return `C0${createHash('sha256').update(name).digest('hex').slice(0, 9).toUpperCase()}`;
}
