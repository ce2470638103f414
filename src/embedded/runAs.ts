import { readFileSync, statSync } from 'node:fs';

/** The user that Postgres runs as. Without uid and gid it is the user of this process. */
export interface RunAs {
  readonly name: string;
  readonly uid?: number;
  readonly gid?: number;
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** What the children see: a fixed search path and locale, and none of this process's secrets. */
export const CHILD_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin:/run/current-system/sw/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Accounts that suit, best first; `_postgres` is macOS's. `nobody` exists everywhere, so the host is never changed. */
const ACCOUNTS = ['postgres', '_postgres', 'nobody'];

/**
 * Chooses the user that Postgres runs as: this process's own, or for root (which Postgres refuses) the owner of the
 * existing data folder, else `postgres`, else `nobody`. It must be a known account: initdb looks its name up.
 */
export function chooseRunAs(dataFolder: string): RunAs {
  if (process.getuid?.() !== 0) return { name: 'this user' };
  const accounts = readPasswd();
  const owner = statSync(dataFolder, { throwIfNoEntry: false })?.uid;
  const keeps = owner === undefined || owner === 0 ? undefined : accounts.find(({ uid }) => uid === owner);
  if (keeps !== undefined) return keeps;
  for (const name of ACCOUNTS) {
    const account = accounts.find((entry) => entry.name === name);
    if (account !== undefined) return account;
  }
  return { name: 'nobody', uid: 65_534, gid: 65_534 };
}

function readPasswd(): PasswdEntry[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [name = '', , uid, gid] = line.split(':');
      // macOS writes nobody as -2; the kernel knows it as an unsigned number.
      return { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
    });
}
