import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MODULE = fileURLToPath(new URL('../src/endProcess.ts', import.meta.url));
/** More than a pipe holds. */
const BYTES = 3_000_000;

/** Runs a program that has something open for ever. */
function run(port: number, program: string) {
  const script = `
    import { connect } from 'node:net';
    import { endProcess } from ${JSON.stringify(MODULE)};
    connect(${port}, '127.0.0.1').on('error', () => undefined);
    setInterval(() => undefined, 1_000);
    ${program}`;
  return spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function silentServer() {
  const server = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

it('ends a process with all of its output and its exit code, however slowly that is read [ops-ends]', async () => {
  await using server = await silentServer();
  const write = `process.stdout.write('a'.repeat(${BYTES})); process.stderr.write('b'.repeat(${BYTES}));`;
  const child = run(server.port, `${write} await endProcess(3);`);
  const lengths = [child.stdout, child.stderr].map(async (stream) => {
    let length = 0;
    // At its own pace: one piece after the other.
    for await (const piece of stream) {
      length += (piece as Buffer).length;
      await new Promise(setImmediate);
    }
    return length;
  });
  const [code] = (await once(child, 'exit')) as [number];
  expect([code, ...(await Promise.all(lengths))]).toEqual([3, BYTES, BYTES]);
});

it('ends a process whose output nobody reads any more [ops-ends]', async () => {
  await using server = await silentServer();
  const child = run(server.port, `process.stdout.write('a'.repeat(${BYTES})); await endProcess(0);`);
  child.stdout.once('data', () => {
    child.stdout.destroy();
    child.stderr.destroy();
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
});
