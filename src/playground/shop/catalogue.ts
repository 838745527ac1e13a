/** What the shop sells. The last one is always short of stock, so that a reservation may be a back-order. */
export const SKUS = ['mug', 'lamp', 'chair', 'desk', 'rug', 'vase', 'clock', 'last-copy'] as const;

export const SCARCE: (typeof SKUS)[number] = 'last-copy';

/** The customers, by the ids that their tokens carry. */
export const CUSTOMERS: readonly string[] = Array.from({ length: 60 }, (_, i) => `u-${1001 + i}`);

/** The account that reads everybody's history when it harvests. */
export const HARVESTER = 'u-1060';
