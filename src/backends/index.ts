import type { BackendDefinition } from './backend.ts';
import { clickhouse } from './clickhouse.ts';
import { embedded } from './embedded.ts';
import { files } from './files.ts';
import { jaeger } from './jaeger.ts';
import { tempo } from './tempo.ts';
import { victoriaTraces } from './victoria-traces.ts';
import { zipkin } from './zipkin.ts';

/** Every place where traces can come from, the default first. */
export const backends: readonly BackendDefinition[] = [
  embedded,
  files,
  jaeger,
  tempo,
  zipkin,
  victoriaTraces,
  clickhouse,
];
