import type { types } from '@slack/bolt';
import type { Button } from '../model/message.ts';
import { LIMITS } from './limits.ts';
import { clip, plain, safeUrl } from './mrkdwn.ts';

/** Buttons as Slack draws them, in rows of at most 25; no row is empty. */
export function buttonRows(buttons: readonly Button[]): readonly (readonly types.Button[])[] {
  const rows: (readonly types.Button[])[] = [];
  for (let from = 0; from < buttons.length; from += LIMITS.buttons) {
    const taken = new Set<string>();
    rows.push(buttons.slice(from, from + LIMITS.buttons).flatMap((button) => element(button, taken)));
  }
  return rows.filter((row) => row.length > 0);
}

/** A button whose address is none, or whose value is too long to come back whole, is left out: it could not keep its promise. */
function element(button: Button, taken: Set<string>): types.Button[] {
  const url = button.url === undefined ? undefined : safeUrl(button.url, LIMITS.buttonUrl);
  if (button.url !== undefined && url === undefined) return [];
  if ((button.value ?? '').length > LIMITS.buttonValue) return [];
  const label = [button.label, button.action, '…'].map((text) => plain(text).trim()).find((text) => text !== '') ?? '…';
  return [
    {
      type: 'button',
      action_id: unique(button.action, taken),
      text: { type: 'plain_text', text: clip(label, LIMITS.buttonLabel) },
      ...(button.value ? { value: button.value.toWellFormed() } : {}),
      ...(button.style === undefined ? {} : { style: button.style }),
      ...(url === undefined ? {} : { url }),
    },
  ];
}

/** Slack wants each `action_id` once in a block: `ask:time`, `ask:time#2`. Nobody reads it back: a button is its value. */
function unique(action: string, taken: Set<string>): string {
  const name = (action || 'button').slice(0, LIMITS.actionId - 3).toWellFormed();
  let id = name;
  for (let nth = 2; taken.has(id); nth += 1) id = `${name}#${nth}`;
  taken.add(id);
  return id;
}
