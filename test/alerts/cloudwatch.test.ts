import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SnsMessage, signedText } from '../../src/alerts/sns.ts';
import type { Fetch } from '../../src/ports/alert-source.ts';
import { alertSourceContract, type Json } from '../contracts/alert-source.ts';
import { at, makeSource } from './make-source.ts';

const topic = 'arn:aws:sns:eu-west-1:123456789012:alarms';
const certificateUrl = `https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-${'0'.repeat(32)}.pem`;
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const signal = new AbortController().signal;
const file = (name: string) => readFileSync(join(import.meta.dirname, '..', 'fixtures', 'cloudwatch', name));
const jsonOf = (name: string): Json => JSON.parse(file(name).toString());

/** A web with one page in it, that remembers what was asked for. */
function webOf(pages: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const fetch: Fetch = async (url) => {
    asked.push(url);
    const page = pages[url];
    return { ok: page !== undefined, status: page === undefined ? 404 : 200, text: async () => page ?? 'no such page' };
  };
  return { fetch, asked };
}

/** The message signed anew, within Lambda's list where it is in one. */
function signed(json: Json): Json {
  const inner = json.Records?.[0]?.Sns ?? json;
  const algorithm = inner.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256';
  const text = signedText(SnsMessage.parse(inner));
  inner.Signature = sign(algorithm, Buffer.from(text), privateKey).toString('base64');
  return json;
}
const delivered = (json: Json) => ({
  headers: { 'content-type': 'text/plain; charset=UTF-8' },
  body: Buffer.from(JSON.stringify(json)),
});

alertSourceContract({
  source: makeSource('cloudwatch', { topics: [topic] }, { fetch: webOf({ [certificateUrl]: pem }).fetch }),
  deliver: (body) => delivered(signed(JSON.parse(Buffer.from(body).toString()))),
  proof: 'signature-in-the-body',
  stale: (body) => {
    const json: Json = JSON.parse(Buffer.from(body).toString());
    return delivered(signed({ ...json, Timestamp: '2026-03-14T02:00:00.000Z' }));
  },
  life: { begins: 'alarm.json', ends: 'ok.json' },
  withLabels(json, count) {
    const alarm = JSON.parse(json.Message);
    alarm.Trigger.Dimensions = Array.from({ length: count }, (_, at) => ({ name: `dimension-${at}`, value: 'x' }));
    return { ...json, Message: JSON.stringify(alarm) };
  },
  fixtures: {
    'alarm.json': [
      {
        source: 'cloudwatch',
        id: 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-5xx',
        delivery: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
        event: 'triggered',
        title: 'checkout-5xx über 5 %',
        service: 'checkout-api',
        occurredAt: at('2026-03-14T03:12:03.123Z'),
        url: 'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/checkout-5xx%20%C3%BCber%205%20%25',
        links: { runbook: 'https://runbooks.example.com/checkout' },
        labels: {
          account: '123456789012',
          region: 'eu-west-1',
          namespace: 'AWS/ApiGateway',
          metric: '5XXError',
          ApiName: 'checkout-api',
        },
        traceIds: ['4bf92f3577b34da6a3ce929d0e0e4736'],
      },
    ],
    'ok.json': [{ event: 'resolved', occurredAt: at('2026-03-14T03:20:03Z') }],
    'insufficient.json': { ignored: /INSUFFICIENT_DATA/ },
    'lambda.composite.json': [
      { title: 'checkout-anything', labels: expect.objectContaining({ 'child.0': 'checkout-5xx' }), links: {} },
    ],
    'hello.json': { ignored: /not an alarm/ },
    'unsubscribed.json': { ignored: /unsubscribed/ },
  },
});

describe('trust in Amazon SNS', () => {
  const refused = expect.objectContaining({ kind: 'unauthorized' });
  const authenticate = async (json: Json, web = webOf({ [certificateUrl]: pem }), options: object = {}) => {
    const source = makeSource('cloudwatch', { topics: [topic], ...options }, { fetch: web.fetch });
    await source.authenticate(delivered(json), signal);
  };

  test('a real certificate is read, and asked for once', async () => {
    const web = webOf({ [certificateUrl]: file('certificate.pem').toString() });
    const source = makeSource('cloudwatch', { topics: [topic] }, { fetch: web.fetch });
    const delivery = { headers: {}, body: file('alarm.signed.json') };
    await Promise.all([source.authenticate(delivery, signal), source.authenticate(delivery, signal)]);
    await source.authenticate(delivery, signal);
    expect(web.asked).toEqual([certificateUrl]);
  });

  test.each([
    'https://sns.eu-west-1.amazonaws.com.evil.example/x.pem',
    'https://evil.example/sns.eu-west-1.amazonaws.com/x.pem',
    'http://sns.eu-west-1.amazonaws.com/x.pem',
    'https://sns.eu-west-1.amazonaws.com:8443/x.pem',
    'https://sns.eu-west-1.amazonaws.com@evil.example/x.pem',
    'https://user:pw@sns.eu-west-1.amazonaws.com/x.pem',
    'https://s3.eu-west-1.amazonaws.com/bucket/x.pem',
    'https://sns.eu-west-1.amazonaws.com/?Action=Publish&x=.pem',
    'https://sns.eu-west-1.amazonaws.com/x.txt',
    'https://169.254.169.254/latest/x.pem',
    'file:///etc/ssl/x.pem',
    'not an address',
    '',
  ])('nobody is asked for the certificate at %j', async (SigningCertURL) => {
    const web = webOf({ [SigningCertURL]: pem });
    await expect(authenticate(signed({ ...jsonOf('alarm.json'), SigningCertURL }), web)).rejects.toThrow(refused);
    expect(web.asked).toEqual([]);
  });

  test('nobody is asked anything for a topic that is not ours, or where no topic is', async () => {
    const web = webOf({ [certificateUrl]: pem });
    const foreign = signed({ ...jsonOf('alarm.json'), TopicArn: 'arn:aws:sns:eu-west-1:666:alarms' });
    await expect(authenticate(foreign, web)).rejects.toThrow(refused);
    await expect(authenticate(signed(jsonOf('alarm.json')), web, { topics: [] })).rejects.toThrow(refused);
    expect(web.asked).toEqual([]);
    await authenticate(foreign, web, { topics: ['arn:aws:sns:eu-west-1:666:*'] });
  });

  test.each([
    'Message',
    'MessageId',
    'Subject',
    'Timestamp',
    'TopicArn',
  ])('%s is covered by the signature', async (name) => {
    const json = signed(jsonOf('alarm.json'));
    await expect(authenticate({ ...json, [name]: `${json[name]} ` }, undefined, { topics: ['arn:*'] })).rejects.toThrow(
      refused,
    );
  });

  test.each(['Token', 'SubscribeURL'])('%s of a confirmation is covered as well', async (name) => {
    const json = signed(jsonOf('confirmation.json'));
    await authenticate(json);
    await expect(authenticate({ ...json, [name]: `${json[name]}0` })).rejects.toThrow(refused);
  });

  test.each(['3', '', null, '2; drop'])('version %j of the signature is not one we know', async (SignatureVersion) => {
    await expect(authenticate({ ...signed(jsonOf('alarm.json')), SignatureVersion })).rejects.toThrow(refused);
  });

  test('a certificate that cannot be had is our trouble: it is tried again, and asked for again', async () => {
    const gone = webOf({});
    const source = makeSource('cloudwatch', { topics: [topic] }, { fetch: gone.fetch });
    const delivery = delivered(signed(jsonOf('alarm.json')));
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(source.authenticate(delivery, signal)).rejects.toThrow(
        expect.objectContaining({ kind: 'unreachable' }),
      );
    }
    expect(gone.asked).toHaveLength(2);
    expect(source.refuse({ kind: 'unreachable', message: '', hint: '' }).status).toBe(503);
  });

  test('the waiting ends when the sender hangs up', async () => {
    const hungUp = new AbortController();
    const never: Fetch = (_url, init) =>
      new Promise((_resolve, reject) => init.signal.addEventListener('abort', () => reject(init.signal.reason)));
    const source = makeSource('cloudwatch', { topics: [topic] }, { fetch: never });
    const waiting = source.authenticate(delivered(signed(jsonOf('alarm.json'))), hungUp.signal);
    hungUp.abort();
    await expect(waiting).rejects.toThrow(expect.objectContaining({ kind: 'unreachable' }));
  });

  test('what is on Amazon’s host but no RSA key proves nothing', async () => {
    const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
      type: 'spki',
      format: 'pem',
    });
    for (const page of ['<html>', elliptic.toString()]) {
      await expect(authenticate(signed(jsonOf('alarm.json')), webOf({ [certificateUrl]: page }))).rejects.toThrow(
        refused,
      );
    }
  });

  test('another host is trusted where the configuration names it, by HTTPS only', async () => {
    const url = 'https://sns.stand-in.example/key.pem';
    const json = signed({ ...jsonOf('alarm.json'), SigningCertURL: url });
    await authenticate(json, webOf({ [url]: pem }), { hosts: ['sns.stand-in.example'] });
    const plain = signed({ ...jsonOf('alarm.json'), SigningCertURL: url.replace('https', 'http') });
    await expect(authenticate(plain, webOf({}), { hosts: ['sns.stand-in.example'] })).rejects.toThrow(refused);
  });
});

describe('a subscription', () => {
  const confirm = async (json: Json, web: ReturnType<typeof webOf>) => {
    const source = makeSource('cloudwatch', { topics: [topic] }, { fetch: web.fetch });
    const reading = source.read(delivered(json));
    return 'handshake' in reading ? reading.handshake(signal) : 'no handshake';
  };

  test('is confirmed by following the link, which reading alone does not', async () => {
    const json = jsonOf('confirmation.json');
    const web = webOf({ [json.SubscribeURL]: '<ConfirmSubscriptionResponse/>' });
    makeSource('cloudwatch', {}, { fetch: web.fetch }).read(delivered(json));
    expect(web.asked).toEqual([]);
    expect(await confirm(json, web)).toMatch(/confirmed/);
    expect(web.asked).toEqual([json.SubscribeURL]);
  });

  test.each([
    'https://evil.example/?Action=ConfirmSubscription',
    'https://sns.eu-west-1.amazonaws.com/?Action=DeleteTopic',
    'http://169.254.169.254/latest/meta-data/?Action=ConfirmSubscription',
    'https://sns.eu-west-1.amazonaws.com/',
  ])('that leads to %s is not followed', async (SubscribeURL) => {
    const web = webOf({ [SubscribeURL]: 'gotcha' });
    const act = confirm({ ...jsonOf('confirmation.json'), SubscribeURL }, web);
    await expect(act).rejects.toThrow(expect.objectContaining({ kind: 'bad-input' }));
    expect(web.asked).toEqual([]);
  });

  test('that Amazon does not answer for is tried again by Amazon', async () => {
    await expect(confirm(jsonOf('confirmation.json'), webOf({}))).rejects.toThrow(
      expect.objectContaining({ kind: 'unreachable' }),
    );
  });
});

test('raw delivery is read, and needs a token', () => {
  const source = makeSource('cloudwatch', { topics: [topic], tokens: ['t0ken'] });
  const body = file('metric-math.raw.json');
  expect(source.read({ headers: {}, body })).toMatchObject({
    alerts: [
      {
        service: 'charge',
        labels: { metric: 'Errors', FunctionName: 'charge' },
        occurredAt: at('2026-03-14T03:12:03.123Z'),
      },
    ],
  });
  const refused = expect.objectContaining({ kind: 'unauthorized', hint: expect.stringContaining('raw') });
  return Promise.all([
    expect(source.authenticate({ headers: {}, body }, signal)).rejects.toThrow(refused),
    source.authenticate({ headers: {}, query: { token: 't0ken' }, body }, signal),
  ]);
});
