import { expect, test } from 'vitest';
import { analyse } from '../../src/investigation/analyse.ts';
import { times } from '../detectors/seen.ts';
import { inputOf } from './analyse-input.ts';

/** An order whose mail is written `after` so many ms; nobody waits for the mail. */
const order = (after: number) => `
shop  POST /orders  server  0..40
  shop  send mails  producer  30..31  messaging.destination.name=mails messaging.operation.type=send messaging.system=rabbitmq
    mail  process mails  consumer  ${31 + after}..${51 + after}  messaging.destination.name=mails messaging.operation.type=process messaging.system=rabbitmq
`;

test('messages that lie are held against who should take them up, with the requests whose message lay', () => {
  const suspects = [...times(30, order(800), 's'), ...times(10, order(1), 'q')];
  const { verdict, impact } = analyse(inputOf(suspects, times(40, order(1), 'b')));
  expect(verdict.hypotheses[0]).toMatchObject({
    mechanism: 'queueing',
    component: { kind: 'operation', service: 'mail', operation: 'process mails' },
  });
  expect(impact).toMatchObject({ affected: 30, examined: 40 });
});
