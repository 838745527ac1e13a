import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { createCertificate } from '../../../../src/playground/shop/services/certificate.ts';

test('a certificate names its host, is signed by its own key and valid now', () => {
  const made = createCertificate('paygw');
  const read = new X509Certificate(made.certificate);
  expect(read.subject).toBe('CN=paygw');
  expect(read.checkHost('paygw')).toBe('paygw');
  expect(read.checkHost('somebody-else')).toBeUndefined();
  expect(read.verify(read.publicKey)).toBe(true);
  expect(Date.parse(read.validFrom)).toBeLessThan(Date.now());
  expect(Date.parse(read.validTo)).toBeGreaterThan(Date.now());
});

test('every certificate is a new one', () => {
  const [one, other] = [createCertificate('paygw'), createCertificate('paygw')];
  expect(new X509Certificate(one.certificate).serialNumber).not.toBe(
    new X509Certificate(other.certificate).serialNumber,
  );
  expect(one.key).not.toBe(other.key);
});

test('a client that trusts it finishes the handshake, one that does not refuses', async () => {
  const { certificate, key } = createCertificate('paygw');
  const server = createServer({ cert: certificate, key }, (socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.on('tlsClientError', () => {});

  const trusting = connect({ host: '127.0.0.1', port, servername: 'paygw', ca: certificate });
  await once(trusting, 'secureConnect');
  expect(trusting.authorized).toBe(true);
  trusting.destroy();

  const wary = connect({ host: '127.0.0.1', port, servername: 'paygw' });
  const [refusal] = await once(wary, 'error');
  expect(refusal).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  server.close();
});
