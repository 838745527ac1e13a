import { attributeContrast } from './attribute-contrast.ts';
import { audit } from './audit.ts';
import { badInstance } from './bad-instance.ts';
import { blindSpot } from './blind-spot.ts';
import { cacheMiss } from './cache-miss.ts';
import { coldStart } from './cold-start.ts';
import { commonMode } from './common-mode.ts';
import { concurrencyRegression } from './concurrency-regression.ts';
import { connectionSetup } from './connection-setup.ts';
import { dataQuality } from './data-quality.ts';
import type { Detector } from './detector.ts';
import { errorOrigin } from './error-origin.ts';
import { eventChange } from './event-change.ts';
import { longestWait } from './longest-wait.ts';
import { networkDelay } from './network-delay.ts';
import { orderViolation } from './order-violation.ts';
import { parallelRegression } from './parallel-regression.ts';
import { pause } from './pause.ts';
import { perHopOverhead } from './per-hop-overhead.ts';
import { poolWait } from './pool-wait.ts';
import { prematureCommit } from './premature-commit.ts';
import { queueDelay } from './queue-delay.ts';
import { queueing } from './queueing.ts';
import { repeatedCalls } from './repeated-calls.ts';
import { retryAmplification } from './retry-amplification.ts';
import { retryChain } from './retry-chain.ts';
import { slowInstance } from './slow-instance.ts';
import { slowOperation } from './slow-operation.ts';
import { slowQuery } from './slow-query.ts';
import { statusTranslation } from './status-translation.ts';
import { structuralChange } from './structural-change.ts';
import { swallowedError } from './swallowed-error.ts';
import { timeout } from './timeout.ts';
import { tlsHandshake } from './tls-handshake.ts';
import { unauthorisedAccess } from './unauthorised-access.ts';
import { unfeltChange } from './unfelt-change.ts';
import { unusualOrigin } from './unusual-origin.ts';
import { versionRegression } from './version-regression.ts';

/** Every pattern that is looked for, by its number in the catalogue. */
export const DETECTORS: readonly Detector[] = [
  slowOperation,
  longestWait,
  parallelRegression,
  unfeltChange,
  networkDelay,
  connectionSetup,
  tlsHandshake,
  poolWait,
  queueing,
  queueDelay,
  slowQuery,
  repeatedCalls,
  errorOrigin,
  timeout,
  retryChain,
  retryAmplification,
  swallowedError,
  statusTranslation,
  badInstance,
  slowInstance,
  structuralChange,
  eventChange,
  orderViolation,
  prematureCommit,
  concurrencyRegression,
  attributeContrast,
  versionRegression,
  perHopOverhead,
  blindSpot,
  commonMode,
  pause,
  coldStart,
  cacheMiss,
  audit,
  unauthorisedAccess,
  unusualOrigin,
  dataQuality,
];
