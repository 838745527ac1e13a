import { Failure } from './failure.ts';
import { type Route, readBody, sendJson } from './http.ts';
import type { AlertSource, Delivery, Reply } from './ports/alert-source.ts';
import type { Acceptance, Intake } from './ports/intake.ts';
import type { Log } from './ports/log.ts';
import { inSpan } from './telemetry.ts';

/** No sender documents more; PagerDuty stops at 256 KB. */
const BODY_LIMIT = 1024 * 1024;

/**
 * `POST /webhooks/<kind>` for every source. Answers 202 once the alert is safe on disk, and each failure with the status
 * that makes this sender do the right thing: give up on what can never be read, send again what we could not keep.
 */
export function webhookRoutes(sources: readonly AlertSource[], intake: Intake, log: Log): readonly Route[] {
  return sources.map((source) => ({
    method: 'POST',
    path: `/webhooks/${source.kind}`,
    handle: async ({ request, response }) => {
      const reply = await inSpan(`webhook ${source.kind}`, {}, async () => {
        try {
          const headers = Object.fromEntries(
            Object.entries(request.headers).map(([name, value]) => [
              name,
              Array.isArray(value) ? value.join(',') : value,
            ]),
          );
          return await take(source, intake, { headers, body: await readBody(request, BODY_LIMIT) });
        } catch (thrown) {
          const failure = Failure.from(thrown);
          log.warn({ source: source.kind, kind: failure.kind, reason: failure.message }, 'A webhook was refused');
          return source.refuse(failure);
        }
      });
      sendJson(response, reply.status, reply.body, reply.headers);
    },
  }));
}

async function take(source: AlertSource, intake: Intake, delivery: Delivery): Promise<Reply> {
  source.authenticate(delivery);
  const reading = source.read(delivery);
  if ('ignored' in reading) return { status: 200, body: { status: 'ignored', reason: reading.ignored } };
  const acceptances: Acceptance[] = [];
  for (const alert of reading.alerts) acceptances.push(await intake.alert(alert));
  return { status: 202, body: { status: 'accepted', investigations: acceptances } };
}
