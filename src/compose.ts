import { createHmac } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { AnalysisThread } from './compose/analysis-thread.ts';
import { openChanges } from './compose/changes.ts';
import { slackConnection } from './compose/chat.ts';
import { checksOfBot } from './compose/doctor.ts';
import { hashKey, openKeeping } from './compose/keeping.ts';
import { measuredAdmission, measuredBackend, measuredPublisher } from './compose/measured.ts';
import { openNotes, withNotes } from './compose/notes.ts';
import { directionsOf, openRouting } from './compose/routing.ts';
import { enricher, openSenders } from './compose/senders.ts';
import { openTelling } from './compose/telling.ts';
import { openTraces } from './compose/traces.ts';
import { type Config, isLoopback } from './config.ts';
import { keepWatch } from './doctor/watch.ts';
import { createIntake } from './investigation/intake.ts';
import { createJobHandler } from './investigation/investigate.ts';
import { createNoteBack } from './investigation/note-back.ts';
import { createPublisher } from './investigation/publish.ts';
import { createMetrics } from './metrics.ts';
import { createPlayground, type Playground } from './playground/playground.ts';
import type { Scenarios } from './playground/scenarios.ts';
import { withPlays } from './playground/shop/plays.ts';
import { createShop } from './playground/shop/shop.ts';
import { systemClock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import { createQuestions } from './questions/questions.ts';
import { queuedQuestions } from './questions/queued.ts';
import { loadTemplates } from './render/templates.ts';
import { createWords } from './render/words.ts';
import { listen } from './server.ts';
import { webhookRoutes } from './webhooks.ts';

/** How long a stop waits for work under way; Docker's own patience is ten seconds. */
const DRAIN_MS = 8_000;
const CONCURRENCY = 4;
const ROOT = new URL('..', import.meta.url);

export type Bot = {
  /** What a person should read when it is up. */
  readonly welcome: readonly string[];
  /** Takes in nothing more, finishes what is under way, closes every file. */
  stop(): Promise<void>;
};

/** Builds the bot from its configuration: the only place that knows every concrete part. */
export async function composeBot(config: Config): Promise<Bot> {
  const clock = systemClock;
  const log: Log = pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  const templates = loadTemplates(new URL('templates/messages/', ROOT));
  const keeping = await openKeeping(config, clock, log);
  const { store, ledger, queue, followers, together, changes } = keeping;
  const { metrics, route: metricsRoute, stop: stopMetrics } = createMetrics(() => queue.depth());
  const { backend: unmeasured, places, receiver } = await openTraces(config, log);
  const backend = measuredBackend(unmeasured, metrics);
  const watch = keepWatch(checksOfBot(config, places), { clock, log });

  const speaking = { templates, linkTo: backend.linkTo.bind(backend), personal: hashed(hashKey(config)) };
  const words = createWords(config.privacy.reveal ? { ...speaking, personal: (value) => value } : speaking);
  const directions = directionsOf(config, clock);
  const intake = createIntake({
    store,
    ledger,
    followers,
    queue,
    together,
    clock,
    channelFor: directions.channelFor,
    channelForPerson: directions.shadowed,
    holds: directions.holds,
  });
  const slack = slackConnection({ intake, questions: queuedQuestions({ store, queue }), clock, log });
  // A note cannot be taken back, so it names nobody whatever a card may show.
  const notes = createWords(speaking);
  const noteBack = createNoteBack({
    ...{ store, ledger, queue, chat: slack.chat, log },
    places: openNotes(config, clock),
    words: notes,
  });
  const routing = openRouting({ ...keeping, noteBack, directions, chat: slack.chat, words, clock, log });
  const published = createPublisher({
    chat: slack.chat,
    store,
    ledger,
    followers,
    words,
    log,
    places: routing.places,
    placeFor: directions.placeFor,
    linksFor: directions.linksFor,
  });
  const publisher = measuredPublisher(published, metrics, clock);
  const admit = measuredAdmission(routing.admit, metrics);
  const told = openTelling({ keeping, clock, chat: slack.chat, publisher, admit });
  const questions = createQuestions({
    ...{ store, ledger, chat: slack.chat, backend, words, log },
    judged: metrics.judged,
    fixed: told.fixed,
  });

  // Set once the port is known, which may be chosen by the system.
  let address = '';
  const { sources, pagerDutySecret } = openSenders(config, clock);
  const playground = config.chat.kind === 'playground' ? openPlayground() : undefined;

  const server = await listen({
    host: config.host,
    port: config.port,
    routes: [
      ...webhookRoutes(
        [...sources, ...openChanges(config, clock)],
        directions.muffled(withNotes(intake, noteBack, log), metrics),
        log,
        {
          changes,
          metrics,
        },
      ),
      metricsRoute,
      ...(receiver === undefined ? [] : [receiver.route]),
      ...slack.routes,
      ...(playground?.routes ?? []),
    ],
    upgrades: playground?.upgrades ?? [],
    readiness,
    log,
  });
  address = addressOf(config.host, server.port);
  const telemetry =
    config.telemetryEndpoint === undefined
      ? undefined
      : (await import('./telemetry-sdk.ts')).startTelemetry(
          config.telemetryEndpoint,
          { ports: [server.port, receiver?.port ?? 0] },
          log,
        );

  const analyst = new AnalysisThread(log);
  if (config.role !== 'web') {
    const handle = createJobHandler({
      backend,
      store,
      ledger,
      queue,
      questions,
      publisher,
      analyst,
      clock,
      log,
      noteBack,
      enrich: enricher(sources),
      ...routing,
      changes,
      ...told,
      servicesFor: directions.servicesFor,
    });
    queue.work(handle, { concurrency: CONCURRENCY });
  }
  await slack.connect(access(playground));
  // Only now: until the bot is ready nothing should compete with its start.
  if (config.role !== 'web') analyst.start();
  // Nobody waits for it: what is not well is logged and told at /readyz, and the bot works as far as it can.
  void watch.begin();
  return { welcome: welcome(playground), stop };

  function openPlayground(): Playground {
    const scenarios = onDemand(() => {
      const pager = { webhookUrl: `${address}/webhooks/pagerduty`, webhookSecret: pagerDutySecret };
      return withPlays(createShop({ otlpUrl: `${otlpAddress()}/v1/traces`, ...pager, log }), pager);
    });
    const opened = createPlayground({
      scenarios,
      folder: config.data,
      manifest: fileURLToPath(new URL('manifest.yml', ROOT)),
      defaultChannel: config.channel,
      allowedHosts: isLoopback(config.host) ? [] : ['*'],
      clock,
    });
    return { ...opened, close: () => void scenarios.close().then(() => opened.close()) };
  }

  function access(local: Playground | undefined) {
    if (config.chat.kind === 'slack') return config.chat;
    const { botToken = '', appToken = '', slackApiPath = '' } = local ?? {};
    return { kind: 'slack', mode: 'socket', botToken, appToken, apiUrl: `${address}${slackApiPath}` } as const;
  }

  function otlpAddress(): string {
    return receiver?.port === undefined ? address : addressOf(config.host, receiver.port);
  }

  function welcome(local: Playground | undefined): readonly string[] {
    const where = local === undefined ? 'webhooks at /webhooks/pagerduty' : 'open it and start an incident';
    const spans = receiver === undefined ? `Traces from ${backend.title}` : `OTLP at ${otlpAddress()}/v1/traces`;
    const taken = receiver?.setback === undefined ? [] : [`${receiver.setback.message} ${receiver.setback.hint}`];
    return [`Causeway is ready at ${address}/ (${where})`, spans, ...taken];
  }

  async function readiness() {
    const depth = await queue.depth().catch(() => undefined);
    const parts = {
      queue:
        depth === undefined
          ? 'does not answer'
          : `${depth.waiting} waiting, ${depth.delayed} delayed, ${depth.active} active, ${depth.dead} dead`,
      store: keeping.shape,
      slack: slack.connected() ? 'connected' : 'not connected yet',
      traces: backend.title,
      ...watch.parts(),
    };
    return { ready: depth !== undefined && slack.connected(), parts };
  }

  async function stop(): Promise<void> {
    watch.stop();
    await slack.stop(DRAIN_MS / 2);
    await queue.close(DRAIN_MS);
    await analyst.close();
    playground?.close();
    await server.close();
    await receiver?.close();
    await store.close();
    await keeping.close();
    await telemetry?.stop();
    await stopMetrics();
  }
}

/** The shop, made when somebody first asks for it: only then is it known where the bot listens. */
function onDemand(make: () => Scenarios): Scenarios {
  let made: Scenarios | undefined;
  const scenarios = (): Scenarios => {
    made ??= make();
    return made;
  };
  return {
    list: () => scenarios().list(),
    start: (name) => scenarios().start(name),
    state: (name) => scenarios().state(name),
    close: async () => made?.close(),
  };
}

/** A keyed hash in place of a personal value: the same person is recognised, nobody is named. */
function hashed(key: string): (value: string) => string {
  return (value) => createHmac('sha256', key).update(value).digest('hex').slice(0, 8);
}

function addressOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${reachable}:${port}`;
}
