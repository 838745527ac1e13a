import type { BackendDefinition } from './backend.ts';
import { embedded } from './embedded.ts';
import { files } from './files.ts';

/** Every place where traces can come from, the default first. */
export const backends: readonly BackendDefinition[] = [embedded, files];
