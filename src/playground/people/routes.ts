import { type Exchange, type Route, sendJson } from '../../http.ts';
import { FieldFailure, readJson } from '../door.ts';
import type { ScenarioInfo, ScenarioState, Scenarios } from '../scenarios.ts';
import { click, clickSchema } from './clicking.ts';
import { readChannel } from './reading.ts';
import { type Stage, say, saySchema } from './speaking.ts';

const originOf = ({ request }: Exchange): string => `http://${request.headers.host ?? '127.0.0.1'}`;

/** What people and tests use: say, click, read, and start an incident. */
export function peopleRoutes(stage: Stage, scenarios: Scenarios, defaultChannel: string): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/playground/api/messages',
      handle(exchange) {
        const channel = exchange.url.searchParams.get('channel') || defaultChannel;
        sendJson(exchange.response, 200, readChannel(channel, originOf(exchange), stage));
      },
    },
    {
      method: 'POST',
      path: '/playground/api/say',
      async handle(exchange) {
        const said = await say(await readJson(exchange.request, saySchema), stage);
        sendJson(exchange.response, 200, said);
      },
    },
    {
      method: 'POST',
      path: '/playground/api/click',
      async handle(exchange) {
        const clicked = await click(await readJson(exchange.request, clickSchema), stage);
        sendJson(exchange.response, 200, clicked);
      },
    },
    {
      method: 'GET',
      path: '/playground/api/oddities',
      handle: ({ response }) => sendJson(response, 200, stage.site.oddities.read()),
    },
    {
      method: 'GET',
      path: '/playground/api/scenarios',
      handle: ({ response }) => sendJson(response, 200, { scenarios: describeScenarios(scenarios) }),
    },
    {
      method: 'GET',
      path: '/playground/api/scenarios/:name',
      handle({ response, params }) {
        const name = scenarioNamed(params.name ?? '', scenarios);
        sendJson(response, 200, { name, ...scenarios.state(name) });
      },
    },
    {
      method: 'POST',
      path: '/playground/api/scenarios/:name',
      async handle({ request, response, params }) {
        refuseForeignPages(request.headers.origin, request.headers.host);
        const name = scenarioNamed(params.name ?? '', scenarios);
        request.resume();
        sendJson(response, 200, { ok: true, name, ...(await scenarios.start(name)) });
      },
    },
  ];
}

/** An incident of the list and how far its latest run has come. */
export type Incident = ScenarioInfo & ScenarioState;

export const describeScenarios = (scenarios: Scenarios): readonly Incident[] =>
  scenarios.list().map((info) => ({ ...info, ...scenarios.state(info.name) }));

function scenarioNamed(name: string, scenarios: Scenarios): string {
  const known = scenarios.list().map((card) => card.name);
  if (known.includes(name)) return name;
  throw new FieldFailure('not-found', 'name', `There is no incident "${name}".`, `Known here: ${known.join(', ')}.`);
}

/** Starting needs no body, so a foreign page could send it without asking; a browser always says where it comes from. */
function refuseForeignPages(origin: string | undefined, host: string | undefined): void {
  if (origin === undefined || origin === `http://${host}`) return;
  throw new FieldFailure('refused', 'origin', 'Another page asked for this.', 'Start it from the playground itself.');
}
