import { createServer as createTlsServer } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { Behaviour } from '../control.ts';
import { createCertificate } from './certificate.ts';
import { happens, work } from './chance.ts';
import { liveAndDieWithTheShop, obey, report } from './parent.ts';
import { portOf } from './port.ts';

/**
 * The payment provider, somebody else's machine: speaks TLS, sends no spans. Connections arrive at a plain socket first; a
 * troubled one is accepted but never gets its handshake answered (the caller's time-out ends it), or is cut off half way.
 */
liveAndDieWithTheShop();

/** Of the troubled connections, the share that is cut off instead of left hanging. */
const CUT_OFF = 0.25;
const CUT_OFF_AFTER_MS = 300;
/** Hanging connections are let go at last, so that none is kept for ever. */
const LET_GO_AFTER_MS = 10_000;

function openTheDoor(): void {
  let behaviour = Behaviour.parse({});
  const { certificate, key } = createCertificate('paygw');

  const provider = createTlsServer({ key, cert: certificate }, async (request, response) => {
    request.resume();
    await work(18);
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end('{"status":"captured"}');
  });
  const door = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    if (happens(behaviour.troubledHandshakes)) trouble(socket);
    else provider.emit('connection', socket);
  });

  obey((command) => {
    if (command.kind !== 'behave') throw new Error(`paygw does not know ${command.kind}`);
    behaviour = command.behaviour;
    return {};
  });
  door.listen(0, '127.0.0.1', () => {
    report({ kind: 'ready', port: portOf(door.address()), certificate });
  });
}

/** Takes in what the caller says and never answers. */
function trouble(socket: Socket): void {
  socket.resume();
  const patience = setTimeout(() => socket.destroy(), happens(CUT_OFF) ? CUT_OFF_AFTER_MS : LET_GO_AFTER_MS);
  socket.on('close', () => clearTimeout(patience));
}

openTheDoor();
