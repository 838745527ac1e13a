import { inject } from 'vitest';

/** The thread is kept, and with it the mutant of the run before: no test file is read with that one switched on. */
const name: unknown = inject('globalNamespace' as never);
const stryker: unknown = typeof name === 'string' ? Reflect.get(globalThis, name) : undefined;
if (typeof stryker === 'object' && stryker !== null) Reflect.set(stryker, 'activeMutant', undefined);
