import { planApply, type ApplyPlan } from '../../../src/configuration/applyPlan.ts';
import type { ConfigurationFile } from '../../../src/configuration/configurationFile.ts';
import type { ConfigurationText } from '../../../src/configuration/configurationText.ts';
import type { CurrentKey, CurrentRole } from '../../../src/configuration/currentState.ts';
import { usesOf } from '../../../src/configuration/delivery.ts';
import type { ValueOf } from '../../../src/configuration/referenceValue.ts';
import { ownServer } from '../../../src/configuration/ownFile.ts';
import { readConfigurationFile } from '../../../src/configuration/readConfigurationFile.ts';
import { findUnmetTools } from '../../../src/administration/unmetGrants.ts';
import { apiKeyStream } from '../../../src/events/streamName.ts';
import { keyRoleStream } from '../../../src/events/keyRole.ts';
import { listServerNames } from '../../../src/projections/tables/mcpServers.ts';
import { streamsRetiredForGood } from '../../../src/projections/tables/retiredStreams.ts';
import { systemClock } from '../../../src/clock.ts';
import { Invalid } from '../../../src/errors/appError.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { keyPages, rolePages } from '../../stores/pages.ts';
import { readAllServers } from '../../stores/currentServers.ts';
import { readConfiguration } from './readConfiguration.ts';
import { openReferenceValues } from './referenceValues.ts';

/** A file, read, checked, and its references resolved. */
export interface ReadFile {
  readonly text: ConfigurationText;
  readonly file: ConfigurationFile;
  readonly valueOf: ValueOf;
  readonly folder: string;
}

/** Reads the file of `apply` and `diff`. @throws Invalid */
export async function readFileOf(cli: Cli, path: string): Promise<ReadFile> {
  const text = await readConfiguration(cli, path);
  const file = readConfigurationFile(text);
  const values = await openReferenceValues(cli, { file: path, inputs: [], asks: false });
  const servers = Object.entries(file.servers ?? {}).map(([name, server]) => ownServer(name, server));
  const references = servers.flatMap(usesOf).map(({ reference }) => reference);
  return { text, file, valueOf: await values.find(references), folder: values.folder };
}

/** Compares a file with what is there. @throws Invalid `configuration-refused` with everything that can’t be applied; Unavailable */
export async function planWith(
  stores: Stores,
  { text, file, valueOf, folder }: ReadFile,
  prune: boolean,
): Promise<ApplyPlan> {
  const keys: CurrentKey[] = [];
  const gone = await streamsRetiredForGood(stores.db);
  for await (const page of keyPages(stores.db, { without: [] })) {
    keys.push(...page.filter(({ id, status }) => status !== 'deleted' && !gone.has(apiKeyStream(id))));
  }
  const servers = await readAllServers(stores);
  const placeOf = (path: readonly string[]) => text.placeOf(path);
  const roles: CurrentRole[] = [];
  for await (const page of rolePages(stores.db))
    roles.push(...page.filter(({ name }) => !gone.has(keyRoleStream(name))));
  const plan = planApply({ file, placeOf, servers, roles, keys, valueOf, folder, prune, now: systemClock() });
  if (plan.problems.length === 0) return { ...plan, warnings: [...plan.warnings, ...(await unmetTools(stores, plan))] };
  const lines = plan.problems.map(({ kind, name, line, column, message }) => {
    const where = line === undefined || column === undefined ? '' : `line ${line}, column ${column}: `;
    return `  ${where}${kind} ${escape(name)}: ${escape(message)}`;
  });
  throw new Invalid(
    'configuration-refused',
    `The file can’t be applied, and nothing was changed:\n${lines.join('\n')}`,
    {
      data: { problems: plan.problems },
    },
  );
}

/** Grants of tools that servers, which stay, have not shown. */
async function unmetTools({ db }: Pick<Stores, 'db'>, { steps }: ApplyPlan): Promise<string[]> {
  const gone = steps.filter(({ kind, action }) => kind === 'server' && action === 'remove').map(({ name }) => name);
  const servers = (await listServerNames(db)).filter((name) => !gone.includes(name));
  const warnings: string[] = [];
  for (const step of steps) {
    if (step.kind === 'server' || step.desired === undefined) continue;
    const unmet = await findUnmetTools(db, step.desired.grants, servers);
    const whose = step.kind === 'key' ? `The key “${step.name}” is granted` : `The role ${step.name} grants`;
    warnings.push(...unmet.map((end) => end.replace(/^is granted/, whose)));
  }
  return warnings;
}
