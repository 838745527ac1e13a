import type { Alert } from '../model/alert.ts';
import type { Follower } from '../ports/followers.ts';

/** The alert as one that another's investigation answers for. */
export function followerOf({ source, id, delivery, title, occurredAt }: Alert): Follower {
  return { source, alertId: id, delivery, title, at: occurredAt };
}
