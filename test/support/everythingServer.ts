import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** The reference server `server-everything` over a transport of HTTP: legacy era only, a process of its own. */
export interface EverythingServer extends AsyncDisposable {
  readonly url: string;
}

/** The file to run; its first argument names the transport. */
export const EVERYTHING_PROGRAM = join(
  dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json')),
  'dist',
  'index.js',
);

/** Times another program may take the port that we just found free before we give up. */
const PORT_TRIES = 5;

/** Starts server-everything on a free port. @throws when it does not come up */
export async function startEverythingServer(
  transport: 'streamableHttp' | 'sse' = 'streamableHttp',
): Promise<EverythingServer> {
  for (let attempt = 1; attempt <= PORT_TRIES; attempt += 1) {
    const port = await findFreePort();
    const child = spawn(process.execPath, [EVERYTHING_PROGRAM, transport], {
      env: { ...process.env, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const killChild = () => void child.kill('SIGKILL');
    process.once('exit', killChild);
    if (await listens(child)) {
      return {
        url: `http://127.0.0.1:${String(port)}/${transport === 'sse' ? 'sse' : 'mcp'}`,
        async [Symbol.asyncDispose]() {
          process.off('exit', killChild);
          await stop(child);
        },
      };
    }
    process.off('exit', killChild);
  }
  throw new Error('server-everything did not start');
}

/** The server can't say which port it got, so we choose one. */
async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  // A TCP server's address is an object.
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Waits until the server says that it listens; false when it ends instead. */
async function listens(child: ChildProcess): Promise<boolean> {
  if (child.stderr === null) return false;
  const lines = createInterface({ input: child.stderr });
  return await new Promise((resolve) => {
    lines.on('line', (line) => {
      if (/(?:listening|running) on port/i.test(line)) resolve(true);
    });
    child.once('exit', () => resolve(false));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  // Its SIGINT handler waits for open streams; the process holds nothing worth saving.
  child.kill('SIGKILL');
  await exited;
}
