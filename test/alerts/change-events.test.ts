import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { changeEvents, changeOptions } from '../../src/alerts/change-events.ts';
import type { Failure } from '../../src/failure.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z') * 1_000;
const source = (options: unknown = { tokens: 'secret' }) =>
  changeEvents(changeOptions.parse(options), { name: 'changes', clock: { now: () => NOW } });
const sent = (json: unknown, headers: Record<string, string> = {}) => ({
  headers: { 'content-type': 'application/json', ...headers },
  body: Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)),
});
const read = (json: unknown, options?: unknown, headers?: Record<string, string>) => {
  const reading = source(options).read(sent(json, headers));
  if (!('changes' in reading)) throw new Error('No changes');
  return reading.changes;
};

/** As PagerDuty documents "Send a change event" of the Events API v2. */
const PAGERDUTY = {
  routing_key: 'R0123456789012345678901234567890',
  payload: {
    summary: 'Build Success: orders 2.3.1 deployed',
    timestamp: '2026-11-22T11:57:00.000+0000',
    source: 'build-agent-7',
    custom_details: { service: 'orders', version: '2.3.1', environment: 'production' },
  },
  links: [{ href: 'https://ci.example/builds/42', text: 'Build' }],
};

describe('what is read', () => {
  test('our own shape', () => {
    const time = '2026-11-22T11:58:00Z';
    expect(
      read({
        id: 'c1',
        title: 'New tax rules',
        kind: 'flag',
        service: 'orders',
        version: 7,
        link: 'https://f.example/',
        by: 'ada',
        time,
      }),
    ).toEqual([
      {
        id: 'c1',
        kind: 'flag',
        at: Date.parse(time) * 1_000,
        title: 'New tax rules',
        service: 'orders',
        version: '7',
        link: 'https://f.example/',
        by: 'ada',
      },
    ]);
  });

  test("PagerDuty's change events", () => {
    expect(read(PAGERDUTY)).toMatchObject([
      {
        kind: 'deploy',
        at: Date.parse('2026-11-22T11:57:00Z') * 1_000,
        title: 'Build Success: orders 2.3.1 deployed',
        service: 'orders',
        version: '2.3.1',
        environment: 'production',
        link: 'https://ci.example/builds/42',
      },
    ]);
  });

  test('CloudEvents, in a batch and by headers', () => {
    const event = {
      specversion: '1.0',
      id: '1',
      source: 'ci',
      type: 'dev.cdevents.service.deployed.0.1.1',
      time: '2026-11-22T11:00:00Z',
    };
    const batch = [event, { ...event, id: '2', data: { title: 'Flag x on', service: 'stock' } }];
    expect(read(batch)).toMatchObject([
      { id: 'ci/1', kind: 'deploy', title: event.type },
      { id: 'ci/2', title: 'Flag x on', service: 'stock' },
    ]);
    const headers = { 'ce-id': '3', 'ce-source': 'ci', 'ce-type': 'x', 'ce-specversion': '1.0' };
    expect(read({ title: 'Config of orders' }, undefined, headers)).toMatchObject([{ id: 'ci/3', kind: 'config' }]);
  });

  test('any shape, where the configuration says how', () => {
    const fields = {
      title: 'release.name',
      service: ['release.app', 'app'],
      version: 'release.tag',
      time: 'release.at',
    };
    const json = { app: 'orders', release: { name: 'autumn', tag: 'v9', at: 1_795_348_800 } };
    expect(read(json, { tokens: 'secret', fields })).toMatchObject([
      { title: 'autumn', service: 'orders', version: 'v9', at: 1_795_348_800_000_000, kind: 'other' },
    ]);
  });

  test('told twice it is the same, told without a time it is of now, and no clock runs ahead', () => {
    const [one] = read({ title: 'a' });
    expect(read({ title: 'a' })).toEqual([one]);
    expect(one?.at).toBe(NOW);
    expect(read({ title: 'a', time: '2027-01-01T00:00:00Z' })[0]?.at).toBe(NOW);
    expect(read({ title: 'b' })[0]?.id).not.toBe(one?.id);
  });

  test.each([
    [{}],
    [{ title: '' }],
    [{ title: '{{ release.name }}' }],
    [[{ title: 'ok' }, { tittle: 'x' }]],
  ])('without a title it is refused by name: %j', (json) => expect(() => read(json)).toThrow(/holds no title/));

  test('huge, hostile and odd texts are cut and kept as data', () => {
    const [huge] = read({
      title: 'x'.repeat(10_000),
      service: '🙂'.repeat(1_000),
      link: 'javascript:alert(1)',
      version: { a: 1 },
    });
    expect(huge?.title.length).toBeLessThanOrEqual(300);
    expect(huge?.service?.length).toBeLessThanOrEqual(200);
    expect(huge).not.toHaveProperty('link');
    expect(huge).not.toHaveProperty('version');
    expect(() => read('not json')).toThrow(/JSON/);
  });
});

describe('who may tell', () => {
  const proves = (delivery: Parameters<ReturnType<typeof source>['authenticate']>[0], options?: unknown) => {
    try {
      source(options).authenticate(delivery, AbortSignal.timeout(1_000));
      return true;
    } catch (thrown) {
      expect((thrown as Failure).kind).toBe('unauthorized');
      return false;
    }
  };

  test('whoever has a token, in a header or as the routing key', () => {
    expect(proves(sent({ title: 'a' }, { authorization: 'Bearer secret' }))).toBe(true);
    expect(proves(sent({ title: 'a' }, { authorization: 'Bearer other' }))).toBe(false);
    expect(proves(sent({ title: 'a' }))).toBe(false);
    expect(proves(sent(PAGERDUTY), { tokens: [PAGERDUTY.routing_key] })).toBe(true);
    expect(proves(sent(PAGERDUTY))).toBe(false);
    expect(proves(sent({ routing_key: { a: 1 } }))).toBe(false);
    expect(proves(sent('no json'))).toBe(false);
  });

  test('or signs', () => {
    const delivery = sent({ title: 'a' });
    const signature = createHmac('sha256', 'key').update(delivery.body).digest('hex');
    expect(proves({ ...delivery, headers: { 'x-signature': signature } }, { secrets: 'key' })).toBe(true);
    expect(proves({ ...delivery, headers: { 'x-signature': signature } }, { secrets: 'other' })).toBe(false);
  });
});
