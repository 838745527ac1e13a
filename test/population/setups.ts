import { expect } from 'vitest';
import { numberAt } from '../../src/model/units.ts';
import { chargeTime } from '../../src/population/charges.ts';
import { connectionSetups, type SetupSpan } from '../../src/population/connections.ts';
import { DRAWN_EPOCH, drawTable } from '../draw.ts';

/** What a drawing tells of opened connections; steps as `phase span from..to`, `✗` for failed, times as drawn. */
export function setups(drawing: string, chosen: (trace: number) => boolean = () => true) {
  const { table, nameOf } = drawTable(drawing);
  const charges = chargeTime(table);
  const flags = Uint8Array.from({ length: table.traces }, (_, trace) => (chosen(trace) ? 1 : 0));
  const drawn = (time: number) => (time + table.epoch - DRAWN_EPOCH) / 1_000;
  const told = ({ row, phase, start, end, failed }: SetupSpan) =>
    `${phase} ${nameOf(row)} ${drawn(start)}..${drawn(end)}${failed ? ' ✗' : ''}`;
  for (const { spans } of connectionSetups(table, charges, flags))
    expect(spans.every(({ row, start }) => start >= numberAt(table.start, row))).toBe(true);
  return connectionSetups(table, charges, flags).map(({ trace, caller, peer, spans, handshakes }) => ({
    trace,
    between: `${charges.parties.names[caller]} → ${charges.parties.names[peer]}`,
    spans: spans.map(told),
    handshakes: handshakes.map((span) => spans.indexOf(span)),
  }));
}
