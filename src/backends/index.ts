import type { BackendDefinition } from './backend.ts';
import { clickhouse } from './clickhouse.ts';
import { embedded } from './embedded.ts';
import { files } from './files.ts';
import { jaeger } from './jaeger.ts';
import { zipkin } from './zipkin.ts';

/** Every place where traces can come from, the default first. */
export const backends: readonly BackendDefinition[] = [embedded, files, jaeger, zipkin, clickhouse];
