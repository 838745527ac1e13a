import type { Detector } from './detector.ts';
import { isPremature, onePerVisit, orderFinding } from './order-finding.ts';

/** D18: a step does not wait any more for what it always waited for; changes of data are D19's. */
export const orderViolation: Detector = {
  id: 'D18 order-violation',
  asks: 'Does anything happen before what it always waited for?',
  detect: (view) =>
    onePerVisit(view.orders.filter((rule) => !isPremature(rule))).map((rule) =>
      orderFinding(view, orderViolation.id, rule),
    ),
};
