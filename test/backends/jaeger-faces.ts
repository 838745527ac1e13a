import type { Losses } from '../contracts/trace-backend.ts';
import { JAEGER_LOSSES, JAEGER_V1_LOSSES, JAEGER_V3_LOSSES } from './losses.ts';

type Face = {
  readonly name: string;
  readonly fixture: string;
  readonly losses: Losses;
  /** Paths that are answered as by a server that does not know them. */
  readonly hidden?: RegExp;
};

/** One Jaeger 2.13 that has both versions of the API, and with one hidden stands for an older and for a newer server. */
export const JAEGER_FACES: readonly Face[] = [
  { name: 'both versions of the API', fixture: 'test/fixtures/jaeger/contract-both.json', losses: JAEGER_LOSSES },
  {
    name: 'version 1 only, as Jaeger 1.x',
    fixture: 'test/fixtures/jaeger/contract-v1.json',
    losses: JAEGER_V1_LOSSES,
    hidden: /^\/api\/v3\//,
  },
  {
    name: 'version 3 only, as after 2.20',
    fixture: 'test/fixtures/jaeger/contract-v3.json',
    losses: JAEGER_V3_LOSSES,
    hidden: /^\/api\/(services|traces\?)/,
  },
];
