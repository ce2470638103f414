import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinaries } from '../../src/embedded/binaries.ts';
import { startGeneration } from '../../src/embedded/generation.ts';
import { waitForShutdown } from '../../src/embedded/shutdown.ts';
import { readPostmasterPid } from '../../src/embedded/postmasterPid.ts';
import { runProgram } from '../../src/embedded/program.ts';
import { chooseRunAs } from '../../src/embedded/runAs.ts';
import { makeStateFolder, statePaths } from '../../src/embedded/stateFolder.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { until } from '../support/until.ts';
import { freePort } from '../support/freePort.ts';

/** The server of a state folder as version 0.1.0 made it: on a TCP port, with its superuser for everything. */
export interface OlderServer extends AsyncDisposable {
  readonly url: string;
  readonly password: string;
}

const PASSWORD = 'a-password-of-the-older-version';

/** Makes such a folder and starts its server. */
export async function startOlderServer(stateFolder: string): Promise<OlderServer> {
  const paths = statePaths(stateFolder);
  makeStateFolder(paths.folder);
  const runAs = chooseRunAs(paths.data);
  const binaries = await findBinaries(paths.runtime, runAs);
  const passwordFile = join(paths.folder, 'password');
  writeFileSync(passwordFile, `${PASSWORD}\n`);
  mkdirSync(paths.data, { mode: 0o700 });
  for (const path of [paths.data, passwordFile])
    if (runAs.uid !== undefined && runAs.gid !== undefined) chownSync(path, runAs.uid, runAs.gid);
  chmodSync(passwordFile, 0o600);
  const initdb = ['--username=metamcp', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'];
  const single = ['--single', '-D', paths.data, 'postgres'];
  for (const { ok, output } of [
    await runProgram(binaries.initdb, ['-D', paths.data, `--pwfile=${passwordFile}`, ...initdb], runAs),
    await runProgram(binaries.postgres, single, runAs, 'create database metamcp\n'),
  ])
    if (!ok) throw new Error(output);

  const port = await freePort();
  writeFileSync(paths.credentials, `${JSON.stringify({ port, password: PASSWORD })}\n`, { mode: 0o600 });
  const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  const command = [binaries.postgres, '-D', paths.data, '-p', String(port), ...settings];
  const { lease, lifeline } = await startGeneration(paths, runAs, command);
  await until('the older server is ready', () => readPostmasterPid(paths.data)?.status === 'ready');
  return {
    url: `postgresql://metamcp:${PASSWORD}@127.0.0.1:${String(port)}/metamcp`,
    password: PASSWORD,
    async [Symbol.asyncDispose]() {
      lease[Symbol.dispose]();
      await waitForShutdown(paths, createLogger('silent'));
      lifeline.close();
    },
  };
}
