// ClickHouse's engine (npm package chdb) behind the part of its HTTP face that a client uses: GET /?query=…&param_x=…,
// POST for the set-up, statuses and headers of errors. Values travel as SET param_x, which the engine itself parses.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [, , chdbPackage, port] = process.argv;
const { Session } = createRequire(import.meta.url)(chdbPackage);
const folder = mkdtempSync(join(tmpdir(), 'causeway-chdb-'));
const session = new Session(folder);

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/ping') return void response.end('Ok.\n');
    try {
      if (url.searchParams.has('database')) session.query(`USE ${url.searchParams.get('database')}`);
      for (const [name, value] of url.searchParams) {
        if (name.startsWith('param_'))
          session.query(`SET ${name} = '${value.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`);
      }
      const sql = url.searchParams.get('query') ?? Buffer.concat(parts).toString('utf8');
      if (request.method === 'GET' && !/^\s*(SELECT|WITH)/i.test(sql))
        throw new Error('Code: 164. DB::Exception: readonly');
      response.setHeader('content-type', 'application/x-ndjson; charset=UTF-8');
      response.end(session.query(sql));
    } catch (thrown) {
      const text = String(thrown?.message ?? thrown);
      response.writeHead(/UNKNOWN_TABLE/.test(text) ? 404 : 500, { 'X-ClickHouse-Exception-Code': '1' });
      response.end(text);
    }
  });
});
server.listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => {
  server.closeAllConnections();
  session.close();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
