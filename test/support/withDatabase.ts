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
const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, LINT_DATABASE_URL: url.href } });
const [code] = (await once(child, 'exit')) as [number | null];
process.exitCode = code ?? 1;
