import { at } from '../model/units.ts';
import type { View } from '../population/view.ts';

/** Names that a machine has for itself. */
const SAYS_NOTHING = /^(localhost|[\d.]+|.*:.*)$/i;

/**
 * Whoever stands between a call and the visit that answers it, by the host that was asked for: HTTP hands the name on, so the
 * server sees the same unless somebody in between asked anew. The first label decides: `stock` and `stock.default.svc` are one.
 */
export function intermediaryOf({ table, charges }: View, call: number): string | undefined {
  const callee = call < 0 ? -1 : at(charges.callee, call);
  if (callee < 0) return undefined;
  const [asked = '', answering = ''] = [call, callee].map((each) =>
    String(table.attribute(each, 'server.address') ?? ''),
  );
  if (asked === '' || answering === '' || SAYS_NOTHING.test(asked) || SAYS_NOTHING.test(answering)) return undefined;
  const label = (name: string) => name.toLowerCase().split('.', 1)[0];
  return label(asked) === label(answering) ? undefined : asked;
}
