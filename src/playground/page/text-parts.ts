import { createElement, type ReactNode } from 'react';

/** An address that a click may follow; undefined for `javascript:` and whatever else is not a plain web or mail address. */
export function safeAddress(address: string): string | undefined {
  try {
    const url = new URL(address, 'http://127.0.0.1/');
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? address : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A Slack date. The server says it in UTC (or in the words that the sender gave for this case); the page's script says it
 * again in the reader's zone.
 */
export function drawDate(timestamp: string, format: string, fallback?: string, link?: string): ReactNode {
  const seconds = Number(timestamp);
  if (!Number.isSafeInteger(seconds) || Math.abs(seconds) > 8_640_000_000_000) return fallback ?? timestamp;
  const iso = new Date(seconds * 1000).toISOString();
  const words = fallback ?? `${iso.slice(0, 16).replace('T', ' ')} UTC`;
  const time = createElement('time', { dateTime: iso, 'data-format': format, title: iso }, words);
  const address = link === undefined ? undefined : safeAddress(link);
  return address === undefined
    ? time
    : createElement('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, time);
}
