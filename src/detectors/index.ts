import { attributeContrast, badInstance } from './attribute-contrast.ts';
import { commonMode } from './common-mode.ts';
import type { Detector } from './detector.ts';
import { errorOrigin, statusTranslation, timeout } from './failures.ts';
import { orderViolation } from './order-violation.ts';
import { retryAmplification } from './retries.ts';
import { blindSpot, slowEdge, slowOperation, slowQuery } from './slow-work.ts';
import { eventChange, structuralChange } from './structural-change.ts';
import { tlsHandshake } from './tls-handshake.ts';
import { perHopOverhead, versionRegression } from './versions.ts';
import { poolWait, repeatedCalls } from './waits.ts';

/** Every pattern that is looked for, by its number in the catalogue. */
export const DETECTORS: readonly Detector[] = [
  slowOperation,
  slowEdge,
  tlsHandshake,
  poolWait,
  slowQuery,
  repeatedCalls,
  errorOrigin,
  timeout,
  retryAmplification,
  statusTranslation,
  badInstance,
  structuralChange,
  eventChange,
  orderViolation,
  attributeContrast,
  versionRegression,
  perHopOverhead,
  blindSpot,
  commonMode,
];
