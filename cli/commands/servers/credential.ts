import type { Administration } from '../../../src/administration/administration.ts';
import { serverId } from '../../../src/administration/serverId.ts';
import { foldName, reviseSecrets } from '../../../src/administration/secretRevision.ts';
import { NotFound } from '../../../src/errors/appError.ts';
import type { ServerSecrets } from '../../../src/vault/serverSecrets.ts';
import type { Cli } from '../../cli.ts';
import { misuse } from '../../input/misuse.ts';
import { warnOfLiterals } from '../../input/literalWarning.ts';
import { openSecretReader } from '../../input/secretValues.ts';
import { escape } from '../../../src/escape.ts';
import { commandContext } from '../../stores/commandContext.ts';
import { resolveKey } from '../../stores/resolveKey.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { enforcementJson, warnOfEnforcement } from '../../views/enforcement.ts';
import { keyTitle, listed } from '../../views/keyView.ts';
import { serverSubject } from '../../views/serverView.ts';

export interface CredentialOptions {
  readonly key: string;
  readonly header?: readonly string[];
  readonly env?: readonly string[];
  readonly envFile?: readonly string[];
  /** Names. */
  readonly unset?: readonly string[];
  readonly unsetAll?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Gives a key headers and variables of its own for a server, or takes them from it. */
export async function setCredential(cli: Cli, name: string, options: CredentialOptions): Promise<void> {
  const { unset = [], unsetAll = false, reason, dryRun = false } = options;
  const gives = (options.header ?? options.env ?? options.envFile) !== undefined;
  if (!gives && unset.length === 0 && !unsetAll) {
    throw misuse('Say what to change: --header, --env, --env-file, --unset or --unset-all.');
  }
  const reader = openSecretReader(cli);
  const set = {
    headers: await reader.headers(options.header ?? []),
    env: await reader.variables(options.env ?? [], options.envFile),
  };
  const revise = (current: ServerSecrets) => {
    if (unsetAll) return reviseSecrets({ headers: {}, env: {} }, { set });
    checkUnset(current, unset);
    return reviseSecrets(current, { set, remove: { headers: unset, env: unset } });
  };
  await cli.withStores(async ({ stores }) => {
    const key = await resolveKey(stores.db, options.key);
    const change = ({ credentials }: Administration) =>
      credentials.change(key.id, name, revise, commandContext(cli), { reason });
    if (dryRun) {
      await answerDryRun(cli, serverSubject(name), stores, change);
      warnOfLiterals(cli.output, reader);
      return;
    }
    const result = await change(stores);
    const { headers, env } = result;
    const document = {
      id: serverId(name),
      name,
      key: { id: key.id, name: key.name },
      header_names: [...headers],
      env_names: [...env],
    };
    await cli.output.answer({ ...document, ...enforcementJson(result) }, () => {
      const whose = `for the key ${keyTitle(key)}`;
      const names = [...headers, ...env];
      if (names.length === 0)
        return `The server ${name} gets nothing of its own ${whose}${result.changed ? ' any more' : ''}.`;
      return `The server ${name} ${result.changed ? 'now' : 'already'} gets ${listed(names)} ${whose} (values hidden).`;
    });
    warnOfEnforcement(cli.output, result);
    warnOfLiterals(cli.output, reader);
  });
}

const NONE = listed([]);

/** A slip of the pen would leave a credential in use. @throws NotFound `credential-not-found` */
function checkUnset(current: ServerSecrets, unset: readonly string[]): void {
  const has = (kind: keyof ServerSecrets, name: string): boolean =>
    Object.keys(current[kind]).some((known) => foldName(kind, known) === foldName(kind, name));
  const missing = unset.find((name) => !has('headers', name) && !has('env', name));
  if (missing === undefined) return;
  const there = listed([...Object.keys(current.headers), ...Object.keys(current.env)]);
  // What was for a server that had this name before is not shown.
  const hint = there === NONE ? ' All that may be left is taken out by --unset-all.' : '';
  const message = `The key has no ${escape(missing)} of its own for this server; it has: ${there}.${hint}`;
  throw new NotFound('credential-not-found', message, { data: { name: missing } });
}
