import { expect, test } from 'vitest';
import { at, numberAt } from '../../src/model/units.ts';
import { gatherCells } from '../../src/population/cells.ts';
import { chargeTime } from '../../src/population/charges.ts';
import { criticalTimes } from '../../src/trace/critical-path.ts';
import { selfTimes } from '../../src/trace/self-time.ts';
import { drawTable } from '../draw.ts';

const drawing = `
door  GET /page           server    0..100  #entry
  door  render            internal  80..95
  door  GET               client    10..70  #call  server.address=localhost server.port=81
    door  tls.connect     internal  10..20
    desk  GET /seat       server    25..60  #seat
`;

test('time inside a call belongs to its edge, the rest of a visit to its service', () => {
  const { table, row } = drawTable(drawing);
  const charges = chargeTime(table);
  const cells = gatherCells(table, charges, { self: selfTimes(table), felt: criticalTimes(table) });
  const ms = (name: string) => numberAt(cells.time, row(name)) / 1_000;
  expect(ms('entry')).toBe(40);
  expect(ms('call')).toBe(25);
  expect(ms('seat')).toBe(35);
  expect(at(charges.callee, row('call'))).toBe(row('seat'));
  // The edge is measured by its caller and lies between two parties.
  const edge = at(cells.of, row('call'));
  expect(charges.parties.names[at(cells.from, edge)]).toBe('door');
  expect(charges.parties.names[at(cells.to, edge)]).toBe('desk');
});

test('all time of a request is charged to somebody, once', () => {
  const { table } = drawTable(drawing);
  const charges = chargeTime(table);
  const felt = criticalTimes(table);
  const cells = gatherCells(table, charges, { self: selfTimes(table), felt });
  const sum = (values: Float64Array) => values.reduce((all, value) => all + value, 0);
  expect(sum(cells.felt)).toBe(sum(felt));
  expect(sum(cells.felt)).toBe(100_000);
});

test('a call without an answer goes to whoever answers at that address elsewhere', () => {
  const { table } = drawTable(`
door  GET /page   server  0..50
  door  GET       client  5..40  server.address=localhost server.port=81
    desk  GET /a  server  6..39
---
door  GET /page   server  100..300
  door  GET       client  105..290  #lost  server.address=localhost server.port=81
`);
  const charges = chargeTime(table);
  const lost = charges.callee.findIndex((callee, row) => callee < 0 && at(charges.peer, row) >= 0);
  expect(charges.parties.names[at(charges.peer, lost)]).toBe('desk');
  expect(charges.parties.services).toBe(2);
});

test('a peer that never sends a span is a party of its own; a store named like a service is not the service', () => {
  const { table } = drawTable(`
desk  POST /pay  server  0..50
  desk  POST     client  5..20   server.address=bank.example
  desk  INSERT   client  25..30  db.system.name=postgresql db.namespace=desk
`);
  const { parties } = chargeTime(table);
  expect(parties.names.slice(0, parties.services)).toEqual(['desk']);
  expect(parties.names.slice(parties.services)).toEqual(['bank.example', 'desk (postgresql)']);
});

test('a bare verb never decides whom a call meant', () => {
  const { table } = drawTable(`
desk  POST /pay   server  0..90
  desk  POST      client  5..20   server.address=127.0.0.1 server.port=81
    keys  POST /k server  6..19
  desk  POST      client  25..80  server.address=127.0.0.1 server.port=9443
`);
  const { parties } = chargeTime(table);
  expect(parties.names.slice(parties.services)).toEqual(['127.0.0.1:9443']);
});
