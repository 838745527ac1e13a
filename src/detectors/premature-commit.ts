import type { Detector } from './detector.ts';
import { isPremature, onePerVisit, orderFinding } from './order-finding.ts';

/** D19: data is written before the acknowledgement that the write always waited for: committed before anybody said it may be. */
export const prematureCommit: Detector = {
  id: 'D19 premature-commit',
  asks: 'Is anything written before somebody confirmed that it may be?',
  detect: (view) =>
    onePerVisit(view.orders.filter(isPremature)).map((rule) => orderFinding(view, prematureCommit.id, rule)),
};
