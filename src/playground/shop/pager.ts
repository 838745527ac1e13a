import { createHmac, randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../failure.ts';

/** What the pager is told: an incident in the words of the people on call. */
export type Page = {
  readonly incident: string;
  readonly number: number;
  /** The pager's service, which people name after what they promise, not after a process. */
  readonly service: string;
  readonly title: string;
  /** When the alert fired, in ms since the epoch. */
  readonly firedAt: number;
};

export type Webhook = { readonly headers: Readonly<Record<string, string>>; readonly body: string };

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** An id in the shape of the pager's own, as `Q2CKYRLH85UNN4`; never the same twice. */
export function newId(first: string): string {
  return first + Array.from({ length: 13 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/**
 * A PagerDuty V3 webhook of type `incident.triggered`, signed as PagerDuty signs: `v1=` and the hex HMAC-SHA256 of the raw
 * body (developer.pagerduty.com, "Webhooks", "Verifying signatures"). `created_at` has whole seconds there. Addresses end in
 * `.example`, a domain that nobody can own (RFC 2606), since there is no page behind them.
 */
export function incidentTriggered(page: Page, secret: string): Webhook {
  return incidentEvent('triggered', page, secret);
}

/** The same for any step of an incident's life; `firedAt` is when that step was taken. */
export function incidentEvent(event: 'triggered' | 'resolved' | 'reopened', page: Page, secret: string): Webhook {
  const firedAt = new Date(page.firedAt).toISOString();
  const reference = (kind: string, id: string, summary: string) => ({
    html_url: `https://pager.example/${kind}s/${id}`,
    id,
    self: `https://api.pager.example/${kind}s/${id}`,
    summary,
    type: `${kind}_reference`,
  });
  const body = JSON.stringify({
    event: {
      id: newId('0'),
      event_type: `incident.${event}`,
      resource_type: 'incident',
      occurred_at: firedAt,
      agent: null,
      client: { name: 'Shop monitoring' },
      data: {
        id: page.incident,
        type: 'incident',
        self: `https://api.pager.example/incidents/${page.incident}`,
        html_url: `https://pager.example/incidents/${page.incident}`,
        number: page.number,
        status: event === 'resolved' ? 'resolved' : 'triggered',
        incident_key: randomUUID().replaceAll('-', ''),
        created_at: `${firedAt.slice(0, 19)}Z`,
        title: page.title,
        service: reference('service', 'PSHOPDEMO', page.service),
        assignees: [reference('user', 'PONCALL01', 'On call')],
        escalation_policy: reference('escalation_policy', 'PESCALATE', 'Shop'),
        teams: [],
        priority: null,
        urgency: 'high',
        conference_bridge: null,
        resolve_reason: null,
        incident_type: { name: 'incident_default' },
      },
    },
  });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'PagerDuty-Webhook/V3.0',
      'x-pagerduty-signature': `v1=${signature}`,
      'x-webhook-id': randomUUID(),
      'x-webhook-subscription': 'PSUBSCRIBE',
    },
  };
}

const ATTEMPTS = 3;
const ANSWER_WITHIN_MS = 5_000;
const PAUSE_MS = 500;

/**
 * Delivers a webhook as PagerDuty does: five seconds for an answer; after a time-out, a 429 or a 5xx the same delivery again;
 * any other refusal is final. Throws a `Failure` that says what the receiver answered.
 */
export async function deliver(webhook: Webhook, url: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const result = await post(webhook, url, signal);
    if (result.ok) return;
    if (!result.again || attempt === ATTEMPTS) {
      throw new Failure(
        'unreachable',
        `The alert was not taken in: ${result.why}.`,
        'Look at the log of the bot for the reason; the webhook secret of the shop and the bot must be the same.',
      );
    }
    await sleep(PAUSE_MS * attempt, undefined, { signal });
  }
}

type Posted = { readonly ok: true } | { readonly ok: false; readonly again: boolean; readonly why: string };

async function post({ headers, body }: Webhook, url: string, signal: AbortSignal): Promise<Posted> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
    const response = await fetch(url, { method: 'POST', headers, body, signal: limit });
    await response.arrayBuffer();
    if (response.ok) return { ok: true };
    const again = response.status === 429 || response.status >= 500;
    return { ok: false, again, why: `the receiver answered ${response.status}` };
  } catch (thrown) {
    signal.throwIfAborted();
    return { ok: false, again: true, why: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}
