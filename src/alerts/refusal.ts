import type { AlertSource, Reply } from '../ports/alert-source.ts';

/**
 * What every sender we know understands alike: 4xx says "this will never be right", and any trouble of our own is 503,
 * after which it is sent again.
 *
 * ```
 *   PagerDuty     again for 48 hours after 5xx and 429; any other 4xx is dropped for ever, three switch the webhook off a day
 *   Alertmanager  after 5xx at once with back-off, after 4xx with the next flush of the group, without end
 *   Amazon SNS    again after 5xx and 429 for up to an hour; any other 4xx is dropped
 *   Svix          again after anything but 2xx, for a day
 * ```
 *
 * 429 is never said, since not all of them wait longer for it than for 503.
 */
export const refuse: AlertSource['refuse'] = (failure): Reply => {
  const body = { error: failure.kind, message: failure.message, hint: failure.hint };
  switch (failure.kind) {
    case 'unauthorized':
      return { status: 401, body };
    case 'bad-input':
    case 'unsupported':
      return { status: 400, body };
    case 'too-large':
      return { status: 413, body };
    default:
      return { status: 503, body, headers: { 'retry-after': '10' } };
  }
};
