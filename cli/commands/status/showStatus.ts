import { present } from '../../../src/administration/present.ts';
import { GATEWAY_HERE } from '../../../src/cliName.ts';
import { Unavailable } from '../../../src/errors/appError.ts';
import { escape } from '../../../src/escape.ts';
import { formatDuration } from '../../../src/events/duration.ts';
import { VERSION } from '../../../src/version.ts';
import type { Cli } from '../../cli.ts';
import { examine } from '../../diagnosis/examination.ts';
import { gatewayUrl } from '../../gateway/gatewayUrl.ts';
import { otherInstallation } from '../../gateway/otherInstallation.ts';
import { formatRecord } from '../../output/record.ts';
import type { Paint } from '../../output/paint.ts';
import { storePlace } from '../../stores/storePlace.ts';
import { readStatus, type Answers, type InstallationStatus, type TablesStatus } from './readStatus.ts';

/** Names of servers in one line. */
const MAX_NAMES = 10;

/** Shows how things are, on one screen. @throws Unavailable when a store can't be reached, after the answer */
export async function showStatus(cli: Cli): Promise<void> {
  const status = await examine(cli, readStatus);
  await cli.output.answer(statusJson(status), () => formatStatus(status, cli.output.paint));
  const { gateway, isSame, settings, database, eventStore } = status;
  if (gateway !== undefined && isSame === false) cli.output.warn(otherInstallation(gateway, settings));
  for (const each of [database, eventStore]) if (each instanceof Unavailable) throw each;
}

function statusJson(status: InstallationStatus): object {
  const { settings, gateway, installation, isSame, database, eventStore, fault, tables } = status;
  return {
    cli: { version: VERSION, node: process.versions.node },
    gateway: {
      url: gatewayUrl(settings),
      answers: gateway !== undefined,
      ...present({ version: gateway?.version }),
      ...present({ same_installation: isSame }),
    },
    ...present({ installation }),
    database: {
      kind: settings.databaseUrl === undefined ? 'embedded' : 'postgresql',
      ...answersJson(database),
    },
    event_store: {
      kind: settings.eventStoreUrl === undefined ? 'postgresql' : 'eventstoredb',
      ...answersJson(eventStore),
    },
    ...present({ fault }),
    ...(tables === undefined ? {} : tablesJson(tables)),
    workers: settings.workers,
  };
}

function answersJson(answers: Answers): object {
  return { answers: answers === true, ...(answers instanceof Error && { fault: answers.message }) };
}

function tablesJson({ lagMs, stopped, keys, servers, disabledServers }: TablesStatus): object {
  return {
    read_tables: { ...(lagMs !== undefined && { lag_ms: Math.round(lagMs) }), stopped },
    keys: Object.fromEntries(keys.map(({ status, count }) => [status, count])),
    servers: {
      enabled: servers.size,
      disabled: disabledServers,
      answer: namesOf(servers, 'answers').length,
      fail: namesOf(servers, 'fails'),
      unknown: namesOf(servers, 'unknown').length,
    },
  };
}

function namesOf(servers: TablesStatus['servers'], status: string): string[] {
  return [...servers].flatMap(([name, is]) => (is === status ? [name] : []));
}

function formatStatus(status: InstallationStatus, paint: Paint): string {
  const { settings, database, eventStore, fault, tables } = status;
  const kind = settings.eventStoreUrl === undefined ? 'the same PostgreSQL' : 'EventStoreDB';
  return formatRecord(
    [
      ['Gateway', gatewayText(status, paint)],
      ['Workers', settings.workers > 1 ? `${settings.workers}, by the settings` : undefined],
      ['Database', `${storePlace(settings)}: ${answersText(database, paint)}`],
      ['Event store', `${kind}: ${answersText(eventStore, paint)}`],
      ['Fault', fault === undefined ? undefined : paint('red', escape(fault))],
      ['Read tables', tables && lagText(tables, paint)],
      ['Keys', tables && keysText(tables)],
      ['Servers', tables && serversText(tables, paint)],
      ['This command', `version ${VERSION}, Node.js ${process.versions.node}`],
    ],
    paint,
  );
}

function gatewayText({ settings, gateway, untrustedGateway, isSame }: InstallationStatus, paint: Paint): string {
  if (untrustedGateway !== undefined) return `${paint('red', untrustedGateway.detail)} ${untrustedGateway.remedy}`;
  if (gateway === undefined)
    return `${paint('yellow', `none answers at ${gatewayUrl(settings)}`)}; to start one: ${GATEWAY_HERE}`;
  const { url, version } = gateway;
  const ofWhich =
    isSame === undefined ? undefined : isSame ? 'of this installation' : paint('red', 'of another installation');
  const versionText = `version ${escape(version)}`;
  const shown = version === VERSION ? versionText : paint('yellow', versionText);
  return [`${url} answers`, shown, ofWhich].filter((part) => part !== undefined).join(', ');
}

function answersText(answers: Answers, paint: Paint): string {
  if (answers === undefined) return paint('dim', 'not asked');
  return answers === true ? 'answers' : paint('red', escape(answers.message));
}

function lagText({ lagMs, stopped }: TablesStatus, paint: Paint): string {
  if (stopped.length > 0) return paint('red', `${stopped.join(', ')} stopped: metamcp-cli db status`);
  if (lagMs === undefined) return paint('dim', 'unknown');
  return lagMs === 0 ? 'current' : paint('yellow', `${formatDuration(Math.ceil(lagMs / 1_000) * 1_000)} behind`);
}

function keysText({ keys }: TablesStatus): string {
  return keys.length === 0 ? 'none' : keys.map(({ status, count }) => `${count} ${status}`).join(', ');
}

function serversText({ servers, disabledServers }: TablesStatus, paint: Paint): string {
  const failing = namesOf(servers, 'fails');
  const names = `${failing.slice(0, MAX_NAMES).map(escape).join(', ')}${failing.length > MAX_NAMES ? ', …' : ''}`;
  const parts = [
    `${servers.size} enabled`,
    disabledServers === 0 ? undefined : `${disabledServers} disabled`,
    servers.size === 0 ? undefined : `${namesOf(servers, 'answers').length} answer`,
    failing.length === 0 ? undefined : paint('red', `${failing.length} fail (${names})`),
    namesOf(servers, 'unknown').length === 0 ? undefined : `${namesOf(servers, 'unknown').length} not read yet`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}
