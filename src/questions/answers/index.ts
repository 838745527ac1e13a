import type { Answerer } from '../ask.ts';
import type { Intent } from '../intent.ts';
import { affected } from './affected.ts';
import { compare } from './compare.ts';
import { errors } from './errors.ts';
import { evidence } from './evidence.ts';
import { feedback, feedbackNo, feedbackYes } from './feedback.ts';
import { help } from './help.ts';
import { lineage } from './lineage.ts';
import { next } from './next.ts';
import { picture } from './picture.ts';
import { rootCause } from './root-cause.ts';
import { still } from './still.ts';
import { time } from './time.ts';

/** Who answers what. */
export const ANSWERS: Readonly<Record<Intent, Answerer>> = {
  'root-cause': rootCause,
  evidence,
  time,
  errors,
  affected,
  compare,
  picture,
  still,
  next,
  feedback,
  'feedback-yes': feedbackYes,
  'feedback-no': feedbackNo,
  lineage,
  help: (ask) => help(ask.words, 'asked'),
};
