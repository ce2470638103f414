import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const Opened = z.object({ url: z.string(), ms: z.number() });
const Failed = z.object({ code: z.string(), message: z.string() });
const Left = z.object({ left: z.literal(true), ms: z.number() });

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Another process that uses the embedded Postgres; killed at the end if it still runs. */
export interface UserProcess extends AsyncDisposable {
  /** @throws when it could not open */
  opened(): Promise<z.infer<typeof Opened>>;
  failed(): Promise<z.infer<typeof Failed>>;
  leave(): Promise<z.infer<typeof Left>>;
  kill(): Promise<void>;
}

export interface UserProcessOptions {
  /** (Default: this process's user) */
  readonly account?: Account | undefined;
  /** (Default: user.ts of this clone) */
  readonly script?: string;
}

export function startUser(stateFolder: string, { account, script }: UserProcessOptions = {}): UserProcess {
  const file = script ?? fileURLToPath(new URL('user.ts', import.meta.url));
  const child = spawn(process.execPath, [file, stateFolder], {
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
  });
  const ended = once(child, 'close');
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the process ended without an answer');
    return JSON.parse(value);
  };
  const first = nextLine();
  first.catch(() => undefined);
  return {
    opened: async () => Opened.parse(await first),
    failed: async () => Failed.parse(await first),
    async leave() {
      child.stdin.end('leave\n');
      const left = Left.parse(await nextLine());
      await ended;
      return left;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
