import { backends } from '../backends/index.ts';
import type { Config } from '../config.ts';
import { Failure } from '../failure.ts';
import { MINUTE } from '../model/units.ts';
import type { Log } from '../ports/log.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import { type Receiver, startReceiver } from '../receiver/receiver.ts';

/** Where traces come from, and the receiver if we run one. */
export type Traces = { readonly backend: TraceBackend; readonly receiver: Receiver | undefined };

export async function openTraces(config: Config, log: Log): Promise<Traces> {
  const { kind, ...options } = config.backend;
  const definition = backends.find((candidate) => candidate.kind === kind);
  if (definition === undefined) {
    throw new Failure(
      'misconfigured',
      `There is no trace backend called ${kind}.`,
      `Known backends are ${backends.map((known) => known.kind).join(', ')}.`,
    );
  }
  const receiver =
    kind === 'embedded'
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
  const linkTemplate = config.links.trace;
  const backend = definition.connect(options, {
    ...(receiver === undefined ? {} : { archive: receiver.archive }),
    ...(linkTemplate === undefined ? {} : { linkTemplate }),
  });
  return { backend, receiver };
}
