import { describe, expect, test } from 'vitest';
import { routeOf, servicesNamedBy } from '../../src/investigation/scope.ts';
import type { Alert } from '../../src/model/alert.ts';

const KNOWN = ['cart', 'checkout-api', 'checkout-worker', 'emailservice', 'payment-gateway', 'ts-order-service', 'api'];

describe('services that an alert names', () => {
  test.each<[service: string | undefined, title: string, named: readonly string[]]>([
    ['Checkout', 'Error rate above 5 %', ['checkout-api']],
    ['Checkout API (prod)', '', ['checkout-api']],
    ['checkout-worker', '', ['checkout-worker']],
    ['PaymentGateway', '', ['payment-gateway']],
    ['Payment Gateway - Production', '', ['payment-gateway']],
    ['Email Service', '', ['emailservice']],
    ['Shop', 'cart: p99 latency', ['cart']],
    [undefined, 'Latency of checkout worker', ['checkout-worker']],
    ['Cart and payment gateway', '', ['cart', 'payment-gateway']],
    ['Payments', 'nothing that fits', []],
    // `api` means nothing, so it is never named by accident.
    ['API', 'api is down', []],
    ['', '', []],
    ['ЗАКАЗ', 'не наш', []],
  ])('%j with title %j names %j', (service, title, named) => {
    expect(servicesNamedBy(alert({ ...(service === undefined ? {} : { service }), title }), KNOWN)).toEqual(named);
  });

  test.each([
    [{ service_name: 'emailservice' }, ['emailservice']],
    [{ job: 'shop/checkout-api' }, ['checkout-api']],
    // A label that names no service by its whole name is no name: the words decide.
    [{ service: 'email' }, ['cart']],
    [{ toString: 'cart' }, ['cart']],
  ])('in a label %j, before its words', (labels, named) => {
    expect(servicesNamedBy({ ...alert({ service: 'cart' }), labels }, KNOWN)).toEqual(named);
  });

  test('the title counts only when the service says nothing', () => {
    expect(servicesNamedBy(alert({ service: 'cart', title: 'Email service is slow' }), KNOWN)).toEqual(['cart']);
  });
});

test('a route of the configuration is found whatever the case, and only by its whole name', () => {
  const routes = [{ alert: 'Checkout API', channel: 'shop' }];
  expect(routeOf(alert({ service: 'checkout api' }), routes)?.channel).toBe('shop');
  expect(routeOf(alert({ service: 'Checkout' }), routes)).toBeUndefined();
  expect(routeOf(alert({}), routes)).toBeUndefined();
});

function alert(given: Partial<Alert>): Alert {
  return {
    source: 'pagerduty',
    id: 'P1',
    delivery: 'd1',
    event: 'triggered',
    title: '',
    occurredAt: 0,
    startedAt: 0,
    links: {},
    labels: {},
    traceIds: [],
    ...given,
  };
}
