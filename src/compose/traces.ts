import { backends } from '../backends/index.ts';
import { type Place, severalBackends } from '../backends/several.ts';
import type { Config } from '../config.ts';
import { Failure } from '../failure.ts';
import { MINUTE } from '../model/units.ts';
import type { Log } from '../ports/log.ts';
import type { TraceArchive } from '../ports/trace-archive.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import { type Receiver, startReceiver } from '../receiver/receiver.ts';

/** Where traces come from, and the receiver if we run one. */
export type Traces = {
  /** All places as one. */
  readonly backend: TraceBackend;
  /** Each place by itself, for checks. */
  readonly places: readonly [Place, ...Place[]];
  readonly receiver: Receiver | undefined;
};

/** Throws a `Failure` of kind `misconfigured` that names the place and the field; connects to nobody yet. */
export async function openTraces(config: Config, log: Log): Promise<Traces> {
  const receiver = config.backends.some(({ kind }) => kind === 'embedded')
    ? await startReceiver({
        folder: config.data,
        host: config.host,
        port: config.otlpPort,
        log,
        maxAge: config.traces.keepHours * 60 * MINUTE,
        maxBytes: config.traces.keepMegabytes * 1024 * 1024,
      })
    : undefined;
  if (receiver?.setback !== undefined) log.warn({ reason: receiver.setback.message }, receiver.setback.hint);
  try {
    const places = placesOf(config, receiver?.archive);
    return { backend: places.length === 1 ? places[0].backend : severalBackends(places), places, receiver };
  } catch (thrown) {
    await receiver?.close();
    throw thrown;
  }
}

/** The places of the configuration, each as its own backend. */
export function placesOf(
  config: Pick<Config, 'backends' | 'links'>,
  archive: TraceArchive | undefined,
): readonly [Place, ...Place[]] {
  const linkTemplate = config.links.trace;
  const placeOf = ({ kind, services, environments, ...options }: Config['backends'][number]): Place => ({
    backend: definitionOf(kind).connect(options, {
      ...(archive === undefined ? {} : { archive }),
      ...(linkTemplate === undefined ? {} : { linkTemplate }),
    }),
    ...(services === undefined ? {} : { services }),
    ...(environments === undefined ? {} : { environments }),
  });
  const [first, ...others] = config.backends;
  return [placeOf(first), ...others.map(placeOf)];
}

function definitionOf(kind: string) {
  const definition = backends.find((candidate) => candidate.kind === kind);
  if (definition !== undefined) return definition;
  throw new Failure(
    'misconfigured',
    `There is no trace backend called ${kind}.`,
    `Known backends are ${backends.map((known) => known.kind).join(', ')}.`,
  );
}
