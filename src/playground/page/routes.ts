import { Failure } from '../../failure.ts';
import type { Route } from '../../http.ts';
import { describeScenarios } from '../people/routes.ts';
import { channelNamed, type Stage } from '../people/speaking.ts';
import type { Scenarios } from '../scenarios.ts';
import { PEOPLE } from '../workspace/identities.ts';
import { readAssets, sendAsset, sendFile, sendPage } from './assets.ts';
import { Live } from './live.ts';
import { MessageView } from './message-view.ts';
import { drawPage } from './page.ts';

/** The page, what it is made of, and its live line. */
export function pageRoutes(facts: {
  readonly stage: Stage;
  readonly scenarios: Scenarios;
  readonly defaultChannel: string;
}): { readonly routes: readonly Route[]; close(): void } {
  const { workspace, site, grant, socket } = facts.stage;
  const [reader] = PEOPLE;
  if (reader === undefined) throw new Failure('internal', 'Nobody is there.', 'Give the playground a person.');
  const view = new MessageView(workspace, site.files);
  const assets = readAssets();
  const scenarios = () => describeScenarios(facts.scenarios);
  const live = new Live({ workspace, view, socket, readerId: reader.id, scenarios });
  const routes: readonly Route[] = [
    {
      method: 'GET',
      path: '/',
      handle(exchange) {
        const query = exchange.url.searchParams;
        const channel = channelNamed(query.get('channel') || facts.defaultChannel, workspace);
        const asked = workspace.message(channel.id, query.get('thread') ?? '');
        const thread = asked?.threadTs === undefined ? asked : workspace.message(channel.id, asked.threadTs);
        const connected = socket.connected > 0;
        const { revision } = live;
        sendPage(
          exchange,
          drawPage({ workspace, view, grant, reader, channel, thread, scenarios: scenarios(), connected, revision }),
        );
      },
    },
    { method: 'GET', path: '/playground/assets/:name', handle: (exchange) => sendAsset(exchange, assets) },
    { method: 'GET', path: '/playground/api/live', handle: (exchange) => live.open(exchange) },
    {
      method: 'GET',
      path: '/playground/files/:id/:name',
      handle(exchange) {
        const file = site.files.get(exchange.params.id ?? '');
        const content = file === undefined ? undefined : site.files.content(file.id);
        if (file === undefined || content === undefined) {
          throw new Failure('not-found', 'This file is not kept here.', 'Old files are dropped to make room.');
        }
        sendFile(exchange, content, file.mimetype, file.name);
      },
    },
  ];
  return { routes, close: () => live.close() };
}
