import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openTestCluster, TEMPLATE } from './testCluster.ts';

// Runs a command with LINT_DATABASE_URL naming a database that holds the migrated schema:
//   node test/support/withDatabase.ts eslint .

const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error('usage: withDatabase.ts COMMAND [ARG…]');

await using cluster = await openTestCluster();
const url = new URL(cluster.url);
url.pathname = `/${TEMPLATE}`;
const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...settings() } });
const [code] = (await once(child, 'exit')) as [number | null];
process.exitCode = code ?? 1;

/** SafeQL's client takes the folder of a Unix socket from PGHOST alone, and sends the server what only libpq knows. */
function settings(): Readonly<Record<string, string>> {
  const { hostname, port, username, password, pathname, href } = url;
  if (!hostname.startsWith('%2F')) return { LINT_DATABASE_URL: href };
  return {
    PGHOST: decodeURIComponent(hostname),
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: password,
    LINT_DATABASE_URL: `postgresql://${pathname}`,
  };
}
