import type { Finding } from '../model/finding.ts';
import type { View } from '../population/view.ts';

/** One root-cause pattern. Pure: it reads the view, and the same view gives the same findings in the same order. */
export type Detector = {
  /** Number and name in the reference's catalogue, as `D05 tls-handshake`. */
  readonly id: string;
  /** The question that it answers, for people. */
  readonly asks: string;
  detect(view: View): readonly Finding[];
};
