import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Alert } from '../model/alert.ts';
import type { Enriched } from '../ports/alert-source.ts';
import { createRest, type Rest } from '../rest.ts';
import { cut, type Detail, factsIn, flattenDetails, labelsOf, linksIn, namedLinks, webLink } from './details.ts';
import { ConferenceBridge, mergedIntoOf, ownFacts, policyLink, Reference, ResolveReason } from './pagerduty-facts.ts';
import { Text } from './payload.ts';
import { microsOf } from './times.ts';
import { traceIdsIn } from './trace-ids.ts';

/** Both requests together may take so long: a person waits for the verdict. */
const BUDGET_MS = 6_000;
const REQUEST_MS = 4_000;
/** An incident may have a thousand alerts; its first tell what it is about. */
const ALERTS = 25;
const ANSWER_LIMIT = 2 * 1024 * 1024;
/** Asked for more patience than this, we go on without. */
const PATIENCE_MS = 2_000;

/** The gravest first, as the Events API names them. */
const SEVERITIES = ['critical', 'error', 'warning', 'info'];

const IncidentAnswer = z.object({
  incident: z.object({
    urgency: Text,
    priority: Reference,
    teams: z.array(Reference).nullish(),
    escalation_policy: Reference,
    conference_bridge: ConferenceBridge,
    resolve_reason: ResolveReason,
    alert_counts: z.object({ all: z.number().nullish() }).nullish().catch(undefined),
    custom_fields: z
      .array(z.object({ name: Text, value: z.unknown().optional() }))
      .nullish()
      .catch([]),
  }),
});
type Incident = z.output<typeof IncidentAnswer>['incident'];

const Context = z.object({ type: Text, href: Text, src: Text, text: Text });
const AlertsAnswer = z.object({
  alerts: z
    .array(
      z.object({
        summary: Text,
        created_at: Text,
        status: Text,
        severity: Text,
        body: z
          .object({
            details: z.unknown().optional(),
            contexts: z.array(Context).nullish().catch([]),
            /** The common event format: what every integration says in the same words. */
            cef_details: z.object({ details: z.unknown().optional(), client_url: Text }).nullish().catch(undefined),
          })
          .nullish()
          .catch(undefined),
      }),
    )
    .max(1_000),
});
type Member = z.output<typeof AlertsAnswer>['alerts'][number];

/**
 * Asks PagerDuty's REST interface for the incident and its alerts, one after the other as its documentation wants it, and
 * adds to the alert what they say. Whatever cannot be had in time is a caveat; people (assignees, responders) are not read.
 *
 * Source: PagerDuty REST API v2, "Get an incident", "List alerts for an incident", "Rate limits".
 */
export function createIncidentReader(access: { readonly token: string; readonly base: string }) {
  const rest = createRest({
    title: 'PagerDuty',
    base: access.base,
    headers: {
      authorization: `Token token=${access.token}`,
      accept: 'application/vnd.pagerduty+json;version=2',
      'content-type': 'application/json',
    },
    hint: 'Compare PAGERDUTY_API_TOKEN and PAGERDUTY_API_URL with the API access keys of the account.',
    timeoutMs: REQUEST_MS,
    answerLimit: ANSWER_LIMIT,
    patienceMs: PATIENCE_MS,
  });

  return async (alert: Alert, signal: AbortSignal): Promise<Enriched> => {
    const budget = AbortSignal.timeout(BUDGET_MS);
    const either = AbortSignal.any([signal, budget]);
    const setbacks: Failure[] = [];
    const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await work();
      } catch (thrown) {
        if (signal.aborted) throw signal.reason;
        setbacks.push(budget.aborted ? outOfTime() : Failure.from(thrown));
        return undefined;
      }
    };
    const incident = await attempt(() => readIncident(rest, alert.id, either));
    const members = await attempt(() => readAlerts(rest, alert.id, either));
    const [setback] = setbacks;
    const told = merged(alert, incident, members ?? []);
    return setback === undefined ? { alert: told } : { alert: told, caveat: caveatOf(setback, members === undefined) };
  };
}

async function readIncident(rest: Rest, id: string, signal: AbortSignal): Promise<Incident> {
  const path = `/incidents/${encodeURIComponent(id)}`;
  return (await rest.ask({ method: 'GET', path, answer: IncidentAnswer }, signal)).incident;
}

async function readAlerts(rest: Rest, id: string, signal: AbortSignal): Promise<readonly Member[]> {
  const path = `/incidents/${encodeURIComponent(id)}/alerts`;
  const query = { limit: String(ALERTS), sort_by: 'created_at' };
  return (await rest.ask({ method: 'GET', path, query, answer: AlertsAnswer }, signal)).alerts;
}

/** What the alerts say stands before what the webhook said, since they are closer to the trouble. */
function merged(alert: Alert, incident: Incident | undefined, members: readonly Member[]): Alert {
  const fields = (incident?.custom_fields ?? []).flatMap(({ name, value }) =>
    flattenDetails(name ? { [name]: value } : undefined),
  );
  const details = [...members.flatMap(detailsOf), ...fields];
  const contexts = members.flatMap((member) => member.body?.contexts ?? []);
  const links = contexts.flatMap(({ text, href }) => (href ? [{ text: text ?? '', href }] : []));
  const severity = gravest(members);
  const mergedInto = mergedIntoOf(incident?.resolve_reason);
  const begun = alert.event === 'reopened' ? [] : members.flatMap((member) => microsOf(member.created_at) ?? []);
  const count = incident?.alert_counts?.all ?? members.length;
  const traceIds = traceIdsIn([
    ...members.map(({ summary }) => cut(summary ?? '', 2_000)),
    ...details.map(({ path, text }) => `${path}=${text}`),
    ...contexts.map(({ href, text }) => `${cut(text ?? '', 500)} ${cut(href ?? '', 2_000)}`),
  ]);
  return {
    ...alert,
    ...(severity === undefined ? {} : { severity }),
    startedAt: begun.reduce((first, time) => Math.min(first, time), alert.startedAt),
    ...factsIn(details),
    ...(incident === undefined ? {} : ownFacts(incident)),
    ...(mergedInto === undefined ? {} : { mergedInto }),
    links: { ...policyLink(incident?.escalation_policy), ...alert.links, ...namedLinks(links), ...linksIn(details) },
    labels: labelsOf([
      ...asDetails(alert.labels),
      ...serviceIn(details),
      ...(count === 0 ? [] : [{ path: 'alerts', text: String(count) }]),
      ...details,
    ]),
    traceIds: [...new Set([...alert.traceIds, ...traceIds])].slice(0, 20),
  };
}

/** The details as the monitoring tool wrote them, else as the common event format has them; a text is one detail. */
function detailsOf({ body }: Member): readonly Detail[] {
  const client = webLink(body?.cef_details?.client_url);
  const given = body?.details ?? body?.cef_details?.details;
  const own = flattenDetails(typeof given === 'string' ? { details: given } : given);
  return [...own, ...(client === undefined ? [] : [{ path: 'client_url', text: client }])];
}

/** The alert's own word for its service stands where routes and the search for traces look for it. */
function serviceIn(details: readonly Detail[]): readonly Detail[] {
  const named = details.find(({ path }) => /(^|\.)service([._]name)?$/i.test(path));
  return named === undefined || webLink(named.text) !== undefined ? [] : [{ path: 'service', text: named.text }];
}

function gravest(members: readonly Member[]): string | undefined {
  const open = members.filter(({ status }) => status !== 'resolved');
  const said = new Set((open.length > 0 ? open : members).map(({ severity }) => severity?.toLowerCase()));
  return SEVERITIES.find((severity) => said.has(severity));
}

function asDetails(labels: Alert['labels']): readonly Detail[] {
  return Object.entries(labels).map(([path, text]) => ({ path, text }));
}

function caveatOf({ message }: Failure, all: boolean): string {
  const what = all ? 'The alerts of the incident were not read' : 'Not all of the incident was read';
  return `${what}: ${message.replace(/\.$/, '')}`;
}

function outOfTime(): Failure {
  return new Failure('timed-out', 'PagerDuty did not answer in time.', 'The webhook alone was used.');
}
