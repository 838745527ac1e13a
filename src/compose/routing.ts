import type { Config } from '../config.ts';
import { createAdmission } from '../investigation/admission.ts';
import { createDigest } from '../investigation/digest.ts';
import { createGrouping } from '../investigation/grouping.ts';
import type { NoteBack } from '../investigation/note-back.ts';
import { createPlaces, type Place } from '../investigation/places.ts';
import { createRecurrence } from '../investigation/recurrence.ts';
import { type Destination, destinationOf } from '../investigation/routes.ts';
import type { Alert } from '../model/alert.ts';
import type { Investigation } from '../model/investigation.ts';
import type { Chat } from '../ports/chat.ts';
import type { Clock } from '../ports/clock.ts';
import type { Followers } from '../ports/followers.ts';
import type { Intake } from '../ports/intake.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Recurrences } from '../ports/recurrences.ts';
import type { Store } from '../ports/store.ts';
import type { CardLinks } from '../render/card.ts';
import { createNotices } from '../render/notices.ts';
import type { Words } from '../render/words.ts';

/** Where the alerts of this configuration go: pure lookups, which need nothing that is open. */
export type Directions = ReturnType<typeof directionsOf>;

export function directionsOf(config: Config, clock: Clock) {
  const shadowed = (channel: string): string => config.shadow ?? channel;
  const destinationFor = (alert: Alert): Destination => destinationOf(alert, config, clock.now());
  const destinationOfOne = ({ trigger }: Pick<Investigation, 'trigger'>) =>
    trigger.kind === 'alert' ? destinationFor(trigger.alert) : undefined;

  return {
    destinationFor,
    shadowed,
    defaultChannel: shadowed(config.channel),
    channelFor: (alert: Alert): string => shadowed(destinationFor(alert).channels[0]),
    /** Whether an alert is told only when quiet hours end; undefined where no route has any. */
    holds: config.routes.some(({ quiet = [] }) => quiet.length > 0)
      ? (alert: Alert): boolean => destinationFor(alert).told.when === 'later'
      : undefined,
    servicesFor: (investigation: Pick<Investigation, 'trigger'>) => destinationOfOne(investigation)?.traces,
    /** The channel that was chosen when the investigation was opened, then those that the routes name by now. */
    placeFor(investigation: Investigation): Place {
      const { channels = [], own } = destinationOfOne(investigation) ?? {};
      const [first = investigation.channel, ...others] = new Set([investigation.channel, ...channels].map(shadowed));
      return { channels: [first, ...others], own };
    },
    linksFor({ trigger }: Investigation): CardLinks {
      if (trigger.kind !== 'alert') return {};
      const { alert } = trigger;
      const { runbook, owner } = destinationFor(alert);
      return {
        ...alert.links,
        ...(alert.url === undefined ? {} : { alert: alert.url }),
        ...(runbook === undefined ? {} : { runbook }),
        ...(owner === undefined ? {} : { owner }),
      };
    },
    /** The way in for alerts without those that a route mutes or that are below its floor, which are only counted. */
    muffled: (intake: Intake, metrics: Pick<Metrics, 'withheld'>): Intake => ({
      ...intake,
      alert: async (alert) => {
        const { told } = destinationFor(alert);
        const news = alert.event === 'triggered' || alert.event === 'reopened';
        if (!news || told.when !== 'never') return intake.alert(alert);
        metrics.withheld(told.why);
        return { investigation: '', outcome: 'ignored' };
      },
    }),
  };
}

/** Posting by those directions: cards in the first channel that takes them, caps, digests. */
export function openRouting(parts: {
  readonly directions: Directions;
  readonly chat: Chat;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly queue: JobQueue;
  readonly followers: Followers;
  readonly recurrences: Recurrences;
  readonly noteBack: Pick<NoteBack, 'queue'>;
  readonly words: Words;
  readonly clock: Clock;
  readonly log: Log;
}) {
  const { directions, words } = parts;
  const { destinationFor, defaultChannel, linksFor } = directions;
  const notices = createNotices(words.speaker);
  const places = createPlaces({ ...parts, notices });
  const { admit, recount, tellOverflow } = createAdmission({
    ...parts,
    places,
    notices,
    defaultChannel,
    destinationFor,
  });
  const [grouping, recurrence] = [createGrouping(parts), createRecurrence(parts)];
  const tellDigest = createDigest({ ...parts, places, notices, grouping, recurrence, defaultChannel, linksFor });
  return { places, admit, recount, tellOverflow, tellDigest };
}
