import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { answerUsage } from './measuredProcess.ts';
import { SUPERGATEWAY } from './supergatewayPackage.ts';

// supergateway, in this process, in front of the program of STDIO, as `npx supergateway` runs it, without its log.

const port = await freePort();
process.argv = [
  process.execPath,
  SUPERGATEWAY,
  ...['--stdio', process.env['STDIO'] ?? '', '--outputTransport', 'streamableHttp', '--stateful'],
  ...['--port', String(port), '--logLevel', 'none'],
];
await import(SUPERGATEWAY);
const url = `http://127.0.0.1:${String(port)}/mcp`;
while (!(await isListening())) await delay(20);
answerUsage({ url }, () => Promise.resolve());

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return address.port;
}

async function isListening(): Promise<boolean> {
  return await fetch(url).then(
    () => true,
    () => false,
  );
}
