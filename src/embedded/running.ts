import { databaseUrl, readCredentials } from './credentials.ts';
import { readPostmasterPid } from './postmasterPid.ts';
import { exposureOf } from './privateFolder.ts';
import { chooseRunAs } from './runAs.ts';
import { socketOwner } from './socketFolder.ts';
import { statePaths } from './stateFolder.ts';

/**
 * Finds the embedded Postgres of a state folder if it runs now; starts nothing and takes no lease, so it may stop at any
 * moment. For a quick look only.
 */
export function urlOfRunning(stateFolder: string): string | undefined {
  const paths = statePaths(stateFolder);
  if (readPostmasterPid(paths.data)?.status !== 'ready') return undefined;
  const credentials = readCredentials(paths.credentials);
  if (credentials === undefined) return undefined;
  if (exposureOf(credentials.socketFolder, socketOwner(chooseRunAs(paths.data))) !== undefined) return undefined;
  return databaseUrl(credentials, 'metamcp_cli');
}
