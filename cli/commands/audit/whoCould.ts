import { accessAt, type Allowed, type AccessAt, type Unable } from '../../../src/audit/accessAt.ts';
import type { Turn } from '../../../src/audit/spanAt.ts';
import type { ToolThen } from '../../../src/audit/toolAt.ts';
import { isoTime, systemClock } from '../../../src/clock.ts';
import { NotFound } from '../../../src/errors/appError.ts';
import { SERVER_NAME } from '../../../src/events/mcpServer.ts';
import { auditDocument } from '../../../src/audit/auditDocument.ts';
import { present } from '../../../src/administration/present.ts';
import type { KnownEvent } from '../../../src/events/knownEvent.ts';
import { keyNames } from '../../../src/projections/tables/apiKeys.ts';
import { auditRow } from '../../../src/projections/tables/auditEventsProjection.ts';
import type { Queryable } from '../../../src/postgres/database.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { actorTitle, formatTime, keyOfActor, keyTitle, type KeyNames, listed } from '../../views/keyView.ts';
import { shortId } from '../../../src/shortId.ts';
import { showHistory } from '../../output/historyProgress.ts';
import { interruptible } from '../../input/interruption.ts';
import { parseMoment } from '../../input/moment.ts';
import { openProgressLine } from '../../output/progressLine.ts';
import { layOutTable, type Cell, type Column } from '../../output/table.ts';
import { misuse } from '../../input/misuse.ts';

export interface WhoCouldOptions {
  readonly at?: string;
}

const COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 10 },
  { title: 'ID' },
  { title: 'BY THE GRANT', min: 12 },
  { title: 'SINCE', min: 19 },
  { title: 'UNTIL', min: 19 },
];

/** Shows which keys could use a server, or one of its tools, at some time. */
export async function showWhoCould(cli: Cli, what: string, options: WhoCouldOptions): Promise<void> {
  const nowMs = systemClock();
  const atMs = parseMoment(options.at ?? 'now', nowMs);
  const { server, tool } = parseTarget(what);
  await cli.withStores(
    async ({ stores: { db, events } }) => {
      using line = openProgressLine(cli.stderr);
      const onProgress = showHistory(line, 'Reading');
      const found = await interruptible((signal) =>
        accessAt(events, { server, tool, atMs, nowMs }, { onProgress, signal }),
      );
      line.clear();
      if (found.server === 'none' && (await isUnknown(events.readStream(`mcpServer-${server}`, { limit: 1 })))) {
        throw new NotFound(
          'server-not-found',
          'There has never been a server of this name. See: metamcp-cli servers list',
        );
      }
      const document = {
        at: isoTime(atMs),
        server,
        ...(tool === undefined ? {} : { tool }),
        server_status: found.server === 'none' ? 'unregistered' : found.server,
        ...present({ server_fault: found.serverFault }),
        ...(found.tool === undefined ? {} : toolJson(found.tool)),
        keys: found.keys.map(toJson),
        ...(tool === undefined ? {} : { keys_without_tool: found.withoutTool.map(coveringJson) }),
        unusable_keys: found.unusable.map(coveringJson),
      };
      const names = await actorNames(db, found.keys);
      await cli.output.answer(document, () => format(cli, `${what} at ${formatTime(new Date(atMs))}`, found, names));
    },
    { readTables: 'as they are' },
  );
}

/** Finds the names of the keys by which others became able. */
function actorNames(db: Queryable, keys: readonly Allowed[]): Promise<KeyNames> {
  const turns = keys.flatMap(({ since, until }) => [since, ...(until === undefined ? [] : [until])]);
  const actors = turns.flatMap(({ event }) => (event !== undefined && 'metadata' in event ? event.metadata.actor : []));
  return keyNames(db, [...new Set(actors.flatMap((actor) => keyOfActor(actor) ?? []))]);
}

/** SERVER or SERVER/TOOL; a tool's name may have slashes of its own. */
function parseTarget(text: string): { server: string; tool: string | undefined } {
  const slash = text.indexOf('/');
  const server = slash === -1 ? text : text.slice(0, slash);
  const tool = slash === -1 ? undefined : text.slice(slash + 1);
  if (!SERVER_NAME.test(server) || tool === '') throw misuse('Write SERVER, or SERVER/TOOL: github/search_code.');
  return { server, tool };
}

async function isUnknown(stream: AsyncIterable<unknown>): Promise<boolean> {
  for await (const _event of stream) return false;
  return true;
}

function toolJson({ status, seenAt, isUnreadable }: ToolThen): object {
  return {
    tool_status: status,
    ...present({ catalogue_seen_at: seenAt }),
    ...(isUnreadable && { catalogue_fault: 'unreadable' }),
  };
}

function toJson({ since, until, ...key }: Allowed): object {
  return { ...coveringJson(key), since: turnJson(since), ...(until === undefined ? {} : { until: turnJson(until) }) };
}

function coveringJson({ id, name, grants, roles }: Unable): object {
  return { id, name, grants, ...(roles.length > 0 && { roles }) };
}

function turnJson({ atMs, event }: Turn): object {
  if (event === undefined) return { at: isoTime(atMs), by: 'time' };
  if (!('unreadable' in event)) return { at: isoTime(atMs), by: 'event', event: eventJson(event) };
  const { stream, revision } = event;
  return { at: isoTime(atMs), by: 'unreadable', event: { stream, revision } };
}

function eventJson(event: KnownEvent): object {
  const { data: _data, correlation_id: _correlationId, ...named } = auditDocument(auditRow(event));
  return named;
}

function format(cli: Cli, what: string, found: AccessAt, names: KeyNames): string {
  const { server, serverFault, tool, keys, withoutTool, unusable } = found;
  if (serverFault !== undefined) {
    const why = { unreadable: 'an event of its history can’t be read', retired: 'it was made invalid for good' }[
      serverFault
    ];
    return `Nobody could use ${escape(what)}: the server was unusable, because ${why}.`;
  }
  if (server !== 'enabled') {
    const why = { none: 'not registered yet', disabled: 'disabled', deleted: 'removed' }[server];
    return `Nobody could use ${escape(what)}: the server was ${why}.`;
  }
  const others = unusable.map(
    ({ id, name }) => `The key ${keyTitle({ id, name })} was unusable: an event of its history can’t be read.`,
  );
  const about = tool === undefined ? [] : toolLines(tool, withoutTool);
  if (keys.length === 0) return [`Nobody could use ${escape(what)}.`, ...about, ...others].join('\n');
  const cells = keys.map((key) => toCells(key, names));
  const { header, row } = layOutTable(COLUMNS, cells, cli.output);
  return [`Who could use ${escape(what)}:`, '', header, ...cells.map((line) => row(line)), ...about, ...others].join(
    '\n',
  );
}

/** Says what the server did with the tool then, where that keeps keys from it or is not known. */
function toolLines({ status, seenAt, isUnreadable }: ToolThen, withoutTool: AccessAt['withoutTool']): string[] {
  const seen = seenAt === undefined ? '' : `, as it was seen ${formatTime(new Date(seenAt))}`;
  const meaning = {
    offered: undefined,
    withheld: `The server offered the tool${seen}, but it was withheld: no administrator had approved it as it was.`,
    'not-offered': `The server did not offer the tool${seen}.`,
    unknown: `Whether the server offered the tool is not recorded${seen}.`,
  }[status];
  const names = withoutTool.map(keyTitle);
  return [
    ...(meaning === undefined ? [] : [meaning]),
    ...(isUnreadable
      ? ['An event of the history of its catalogue can’t be read: what that changed is not known.']
      : []),
    ...(names.length === 0 ? [] : [`These keys had a grant for it: ${names.join(', ')}`]),
  ];
}

function toCells({ id, name, grants, roles, since, until }: Allowed, names: KeyNames): Cell[] {
  const byRoles = roles.map((role) => `${role.grants.join(', ')} (by ${role.name})`);
  return [
    { text: escape(name), style: 'bold' },
    { text: shortId(id) },
    { text: listed([...grants, ...byRoles]) },
    { text: turnText(since, names) },
    { text: until === undefined ? '–' : turnText(until, names) },
  ];
}

/** What each type of event did, as a verb. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  ApiKey: 'key ',
  KeyRole: 'role ',
  McpServer: 'server ',
  Stream: 'history ',
  Event: 'event ',
};

function turnText({ atMs, event }: Turn, names: KeyNames): string {
  const when = formatTime(new Date(atMs));
  if (event === undefined) return `${when}, when its time was over`;
  if ('unreadable' in event) return `${when}, by revision ${event.revision}, which can’t be read`;
  const what = event.type.replace(/^(ApiKey|KeyRole|McpServer|Stream|Event)/, (part) => BEGINNINGS[part] ?? part);
  const words = what.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
  return `${when}, ${words} by ${actorTitle(event.metadata.actor, names)}`;
}
