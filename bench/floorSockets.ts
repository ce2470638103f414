import { connect, createServer } from 'node:net';
import { serveMeasured } from './measuredProcess.ts';

// The lowest floor: what two sockets of Node cost. Bytes are passed on as they come, with a connection to the server for each
// client's: no HTTP is read or written, nothing is checked.

const { hostname, port } = new URL(process.env['UPSTREAM'] ?? '');

serveMeasured(
  createServer({ noDelay: true }, (client) => {
    const server = connect({ host: hostname, port: Number(port), noDelay: true });
    client.on('data', (piece) => server.write(piece));
    server.on('data', (piece) => client.write(piece));
    for (const [end, other] of [
      [client, server],
      [server, client],
    ] as const) {
      end.on('close', () => other.destroy());
      end.on('error', () => end.destroy());
    }
  }),
);
