import { present } from '../../../src/administration/present.ts';
import { applyPlannedChanges } from '../../../src/configuration/applyPlannedChanges.ts';
import { readClientFile } from '../../../src/configuration/clientFile.ts';
import { describeDelivery, usesOf } from '../../../src/configuration/delivery.ts';
import type { ClientFile, ForeignServer } from '../../../src/configuration/foreignServer.ts';
import { nameServers, planImport, type ImportedEntry } from '../../../src/configuration/importPlan.ts';
import { readRegistryFile } from '../../../src/configuration/registry/registryFile.ts';
import { serverNameFrom } from '../../../src/configuration/serverNames.ts';
import { describeReference } from '../../../src/configuration/template.ts';
import { NotFound, Refused } from '../../../src/errors/appError.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import type { Style } from '../../output/paint.ts';
import { misuse } from '../../input/misuse.ts';
import { isInteractive } from '../../input/prompt.ts';
import { commandText, folderText } from '../../views/serverView.ts';
import { warnOfEnforcement } from '../../views/enforcement.ts';
import { changeJson, changeText } from '../../views/changeView.ts';
import { confirmDeliveries, deliveryJson } from '../configuration/deliveryView.ts';
import { readServers } from '../../stores/currentServers.ts';
import { readConfiguration } from '../configuration/readConfiguration.ts';
import { findOwnGateway } from './ownGateway.ts';
import { openReferenceValues } from '../configuration/referenceValues.ts';
import { stopOf } from '../configuration/stopped.ts';

export interface ImportOptions {
  /** A file of the MCP registry, in place of a client's. */
  readonly registry?: string;
  readonly use?: string;
  readonly only?: readonly string[];
  readonly prefix?: string;
  readonly update?: boolean;
  readonly skipRefused?: boolean;
  readonly dryRun?: boolean;
  /** Reads what the file refers to without asking. */
  readonly yes?: boolean;
  readonly reason?: string;
}

/** Registers the servers of a client’s configuration file: all that can be, or none. */
export async function importServers(cli: Cli, clientFile: string | undefined, options: ImportOptions): Promise<void> {
  const { registry, use } = options;
  const file = registry ?? clientFile;
  if (file === undefined || (registry !== undefined && clientFile !== undefined))
    throw misuse('Say which file: a client’s, or a server.json with --registry.');
  if (use !== undefined && registry === undefined) throw misuse('--use goes with --registry.');
  const { only, prefix = '', update = false, skipRefused = false, dryRun = false, yes = false, reason } = options;
  const text = await readConfiguration(cli, file);
  const read = readChosen(
    (isChosen) => (registry === undefined ? readClientFile(text, isChosen) : readRegistryFile(text, { use, isChosen })),
    only,
    prefix,
  );
  const values = await openReferenceValues(cli, { file, inputs: read.inputs, asks: true });
  // A plan shows no secret; without a terminal, the command itself is the decision.
  if (!yes && !dryRun && file !== '-' && isInteractive(cli)) await confirmDeliveries(cli, read.servers, values);
  const [off, on] = [
    read.servers.filter(({ enabled }) => enabled === false),
    read.servers.filter(({ enabled }) => enabled !== false),
  ];
  const references = (servers: readonly ForeignServer[]) => servers.flatMap(usesOf).map(({ reference }) => reference);
  const valueOf = await values.find(references(on), references(off));
  await cli.withStores(async ({ stores, settings }) => {
    const own = await findOwnGateway(read.servers, { settings, db: stores.db });
    const current = await readServers(
      stores,
      nameServers(read, prefix).map(({ name }) => name),
    );
    const plan = planImport(read, { prefix, update, folder: values.folder, own }, (name) => current.get(name), valueOf);
    refuse(plan, skipRefused);
    const steps = plan.map(({ step }) => step).filter((step) => step !== undefined);
    const administration = dryRun ? stores.dryRun() : stores;
    const progress = await applyPlannedChanges(steps, { administration, context: commandContext(cli), reason });
    const failure = stopOf(progress, { dryRun, titleOf: ({ name }) => name });
    if (failure !== undefined) throw failure;
    const { pending } = progress;
    // What was like that already is reported, too: another administrator may have made it so a moment ago.
    const isAllApplied = steps.every((step) => progress.applied.includes(step));
    const rest = dryRun || isAllApplied ? [] : await stores.confirmState();
    const unconfirmed = [...new Set([...progress.unconfirmed, ...rest])];
    const document = {
      dry_run: dryRun,
      servers: plan.map((entry) => entryJson(entry, dryRun)),
      notes: read.notes,
      unconfirmed,
      ...present({ pending }),
    };
    await cli.output.answer(document, () => formatPlan(cli, plan, read, dryRun));
    if (!cli.output.json) for (const note of read.notes) cli.output.warn(note);
    warnOfEnforcement(cli.output, { unconfirmed, pending });
  });
}

/** Reads the servers of `--only`, by their names in the file or here. @throws NotFound `server-not-in-file` */
function readChosen(
  read: (isChosen: (name: string) => boolean) => ClientFile,
  only: readonly string[] | undefined,
  prefix: string,
): ClientFile {
  if (only === undefined) return read(() => true);
  const namesOf = (name: string) => [name, serverNameFrom(`${prefix}${name}`)];
  const file = read((name) => namesOf(name).some((each) => only.includes(each)));
  const found = new Set([...file.servers, ...file.faulty].flatMap(({ name }) => namesOf(name)));
  const unknown = only.find((name) => !found.has(name));
  if (unknown !== undefined) throw new NotFound('server-not-in-file', `There is no server “${unknown}” in the file.`);
  return file;
}

/** @throws Refused `import-refused`, `nothing-to-import`: nothing was changed */
function refuse(plan: readonly ImportedEntry[], skipRefused: boolean): void {
  const refused = plan.filter(({ outcome }) => outcome === 'refuse');
  const data = { servers: plan.map((entry) => entryJson(entry, true)) };
  if (refused.length > 0 && !skipRefused) {
    throw new Refused(
      'import-refused',
      `Nothing was changed, because not every server can be imported:\n${refused.map(problemLine).join('\n')}\n` +
        'To import the others: --skip-refused, or --only NAME.',
      { data },
    );
  }
  if (plan.some(({ step }) => step !== undefined)) return;
  const reasons = plan.map(problemLine).join('\n');
  throw new Refused('nothing-to-import', `There is no server in the file that can be imported.\n${reasons}`.trimEnd(), {
    data,
  });
}

function entryJson({ entry, name, outcome, step, problems, notes }: ImportedEntry, dryRun: boolean): object {
  return {
    entry,
    name,
    action: outcome,
    done: !dryRun && step !== undefined,
    changes: (step?.changes ?? []).map(changeJson),
    sources: (step?.desired?.deliveries ?? []).map(deliveryJson),
    problems,
    notes,
  };
}

const WORDS: Readonly<Record<ImportedEntry['outcome'], readonly [done: string, planned: string, style: Style]>> = {
  create: ['registered', 'to register', 'green'],
  change: ['changed', 'to change', 'yellow'],
  none: ['unchanged', 'unchanged', 'dim'],
  skip: ['skipped', 'to skip', 'dim'],
  refuse: ['refused', 'refused', 'red'],
};

function formatPlan({ output }: Cli, plan: readonly ImportedEntry[], file: ClientFile, dryRun: boolean): string {
  const uses = new Map(
    file.servers.map((server) => [
      server.name,
      [...new Set(usesOf(server).map(({ reference }) => describeReference(reference)))],
    ]),
  );
  const lines = plan.flatMap((entry) => {
    const { outcome, name, step, problems, notes } = entry;
    const [done, planned, style] = WORDS[outcome];
    const references = step === undefined ? [] : (uses.get(entry.entry) ?? []).map((used) => `with ${used}`);
    const deliveries = outcome === 'none' ? [] : (step?.desired?.deliveries ?? []);
    const { command, args = [], cwd } = step?.desired?.input.settings ?? {};
    const details = [
      ...(command === undefined || outcome === 'none'
        ? []
        : [`the gateway will run: ${commandText(command, args)}`, `in the folder ${folderText(cwd)}`]),
      ...problems.map(({ message }) => message),
      ...(outcome === 'change' || dryRun ? (step?.changes ?? []).map(changeText) : []),
      ...[...references, ...deliveries.map(describeDelivery), ...notes].map(escape),
    ];
    const head = `${output.paint(style, (dryRun ? planned : done).padEnd(11))} ${output.paint('bold', escape(step === undefined ? entry.entry : name))}`;
    return [head, ...details.map((detail) => `            ${escape(detail)}`)];
  });
  return [...lines, ...(dryRun ? ['Nothing was changed: this is what would be done.'] : [])].join('\n');
}

function problemLine({ entry, problems }: ImportedEntry): string {
  return `  ${escape(entry)}: ${problems.map(({ message }) => message).join('; ')}`;
}
