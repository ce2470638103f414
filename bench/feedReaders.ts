import { connect } from 'node:net';
import { answerUsage } from './measuredProcess.ts';

// Readers of the live feed, in a process of their own: READING of them read, SILENT of them never do. KEYS: 20 readers each.

const url = new URL(process.env['URL'] ?? '');
const keys = (process.env['KEYS'] ?? '').split(',');
const [reading, silent] = [Number(process.env['READING']), Number(process.env['SILENT'])];

const sockets = Array.from({ length: reading + silent }, (_, n) => {
  const socket = connect(Number(url.port), url.hostname);
  socket.write(
    `GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${keys[Math.floor(n / 20)] ?? ''}\r\n\r\n`,
  );
  return { socket, reads: n < reading };
});
await Promise.all(
  sockets.map(
    ({ socket, reads }) =>
      new Promise<void>((begun, failed) => {
        socket.once('error', failed);
        // The head tells that it has begun; a silent one takes nothing beyond what Node reads ahead.
        socket.once('readable', () => {
          if (reads) socket.resume();
          begun();
        });
      }),
  ),
);
answerUsage({}, async () => {
  for (const { socket } of sockets) socket.destroy();
});
