import type { Alert } from '../model/alert.ts';

const DEPTH_LIMIT = 4;
const TEXT_LIMIT = 200;
const LENGTH_LIMIT = 2_000;

/** A text at its place in an alert's free-form details: `{ path: 'labels.runbook_url', text: 'https://…' }`. */
export type Detail = { readonly path: string; readonly text: string };

/**
 * The texts, numbers and booleans of whatever JSON a monitoring tool attached to an alert, flattened to paths. Bounded in
 * depth (4), number (200) and length (2,000 characters each), because anybody may have written it.
 */
export function flattenDetails(details: unknown): readonly Detail[] {
  const flat: Detail[] = [];
  const waiting: { readonly path: string; readonly value: unknown; readonly depth: number }[] = [
    { path: '', value: details, depth: 0 },
  ];
  for (let next = waiting.shift(); next !== undefined && flat.length < TEXT_LIMIT; next = waiting.shift()) {
    const { path, value, depth } = next;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      flat.push({ path, text: cut(String(value), LENGTH_LIMIT) });
    } else if (typeof value === 'object' && value !== null && depth < DEPTH_LIMIT) {
      for (const [key, inner] of Object.entries(value).slice(0, TEXT_LIMIT)) {
        if (waiting.length < 5 * TEXT_LIMIT) {
          waiting.push({ path: path === '' ? key : `${path}.${key}`, value: inner, depth: depth + 1 });
        }
      }
    }
  }
  return flat;
}

/** The first link whose path's last word is one of the names, as `runbook` and `runbook_url`. */
function linkNamed(details: readonly Detail[], names: readonly string[]): string | undefined {
  return details
    .filter(({ path }) => names.includes(path.slice(path.lastIndexOf('.') + 1).toLowerCase()))
    .map(({ text }) => webLink(text))
    .find((link) => link !== undefined);
}

/** The channel of a link into Slack: `https://acme.slack.com/archives/C0123`, `https://app.slack.com/client/T01/C0123`. */
export function slackChannelIn(link: string | null | undefined): string | undefined {
  const address = webLink(link);
  if (address === undefined) return undefined;
  const { hostname, pathname } = new URL(address);
  if (hostname !== 'slack.com' && !hostname.endsWith('.slack.com')) return undefined;
  return /^\/(?:archives|client\/[A-Z0-9]+)\/([CG][A-Z0-9]{5,20})(?:\/|$)/.exec(pathname)?.[1];
}

const RUNBOOK = ['runbook', 'runbook_url', 'runbookurl', 'playbook', 'playbook_url'];
const DASHBOARD = ['dashboard', 'dashboard_url', 'dashboardurl', '__dashboardurl__', 'panel_url', 'panelurl'];
const OWNER = ['owner', 'owner_url', 'team_url'];

/** Runbook, dashboard and owner where a detail is called so and is a link. */
export function linksIn(details: readonly Detail[]): Alert['links'] {
  const runbook = linkNamed(details, RUNBOOK);
  const dashboard = linkNamed(details, DASHBOARD);
  const owner = linkNamed(details, OWNER);
  return { ...(runbook ? { runbook } : {}), ...(dashboard ? { dashboard } : {}), ...(owner ? { owner } : {}) };
}

/** Names under which tools say the same fact, the plainest first. */
const FACTS = {
  environment: [
    'environment',
    'env',
    'deployment.environment.name',
    'deployment.environment',
    'deployment_environment_name',
    'deployment_environment',
    'stage',
  ],
  team: ['team', 'team_name', 'owning_team', 'squad'],
  priority: ['priority'],
  urgency: ['urgency'],
  channel: ['slack_channel', 'slack_channel_id', 'slack_channel_name'],
} as const;

/**
 * Environment, team, priority, urgency and the incident's own channel where a detail is called so, whole or behind its last
 * dot (`labels.env`). What is a link is no name of anything.
 */
export function factsIn(details: readonly Detail[]): Partial<Pick<Alert, keyof typeof FACTS>> {
  const lowered = details.map(({ path, text }) => ({ path: path.toLowerCase(), text: text.trim() }));
  const told = Object.entries(FACTS).flatMap(([fact, names]) => {
    const found = names
      .map((name) =>
        lowered.find(({ path, text }) => isCalled(path, name) && text !== '' && webLink(text) === undefined),
      )
      .find((detail) => detail !== undefined);
    return found === undefined ? [] : [[fact, cut(found.text.replace(/^#/, ''), 100)] as const];
  });
  return Object.fromEntries(told);
}

function isCalled(path: string, name: string): boolean {
  return path === name || path.endsWith(`.${name}`);
}

/** Links that carry a text for people, by what the text calls them: "Runbook", "Grafana dashboard". */
export function namedLinks(links: readonly { readonly text: string; readonly href: string }[]): Alert['links'] {
  const called = (pattern: RegExp) =>
    links
      .filter(({ text }) => pattern.test(text))
      .map(({ href }) => webLink(href))
      .find((link) => link !== undefined);
  const runbook = called(/run\s?book|play\s?book/i);
  const dashboard = called(/dashboard|panel|grafana/i);
  const owner = called(/\b(owner|team)\b/i);
  return { ...(runbook ? { runbook } : {}), ...(dashboard ? { dashboard } : {}), ...(owner ? { owner } : {}) };
}

const TEXT_SEARCHED = 5_000;
/** How far before an address its name may begin. */
const NAME_BEFORE = 40;

/**
 * Links that somebody wrote into a text, by the words before them on the line or by their mark-up: `Runbook: https://…`,
 * `[Dashboard](https://…)`, `<https://…|Owner>`.
 */
export function linksInText(text: string | null | undefined): Alert['links'] {
  const searched = cut(text ?? '', TEXT_SEARCHED);
  let end = 0;
  const links = Array.from(searched.matchAll(/https?:\/\/[^\s<>"')\]|]+/g), (match) => {
    const line =
      searched
        .slice(Math.max(end, match.index - NAME_BEFORE), match.index)
        .split('\n')
        .at(-1) ?? '';
    end = match.index + match[0].length;
    const after = /^\|([^>\n]{1,40})>/.exec(searched.slice(end, end + 50))?.[1] ?? '';
    return { text: `${line} ${after}`, href: match[0].replace(/[.,;:!?]+$/, '') };
  });
  return namedLinks(links);
}

/** The text when it is an http(s) address, so that no `javascript:` becomes a link in a channel. */
export function webLink(text: string | null | undefined): string | undefined {
  const url = text === undefined || text === null ? null : URL.parse(text);
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.href : undefined;
}

/** At most `limit` UTF-16 units, never half a character, never a lone surrogate from outside. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text.toWellFormed();
  const kept = text.slice(0, limit - 1);
  const last = kept.charCodeAt(kept.length - 1);
  const halved = last >= 0xd800 && last <= 0xdbff;
  return `${(halved ? kept.slice(0, -1) : kept).toWellFormed()}…`;
}

const LABEL_LIMIT = 100;

/** Details as labels: at most 100, each key of at most 200 and each value of at most 300 characters. The first of a name wins. */
export function labelsOf(details: readonly Detail[]): Alert['labels'] {
  const labels = new Map<string, string>();
  for (const { path, text } of details) {
    const key = cut(path, 200);
    if (labels.size < LABEL_LIMIT && text !== '' && !labels.has(key)) labels.set(key, cut(text, 300));
  }
  return Object.fromEntries(labels);
}
