import { durationMs } from '../events/duration.ts';
import { DEFAULT_SETTINGS } from '../events/mcpServer.ts';
import type { FileSecret, FileServer } from './configurationFile.ts';
import type { ConfigurationText } from './configurationText.ts';
import { isRecord } from './entryMembers.ts';
import type { ForeignAddress, ForeignServer } from './foreignServer.ts';
import { readConfigurationFile } from './readConfigurationFile.ts';
import { parseTemplate, type Template } from './template.ts';

/** Reads those servers of a file of our own that are asked for; nothing else in it is examined. @throws Invalid `configuration-invalid` */
export function serversOfOwnFile(text: ConfigurationText, isChosen: (name: string) => boolean): ForeignServer[] {
  const { servers = {} } = readConfigurationFile({ ...text, value: chosenPart(text.value, isChosen) });
  return Object.entries(servers).map(([name, server]) => ownServer(name, server));
}

function chosenPart(value: unknown, isChosen: (name: string) => boolean): unknown {
  if (!isRecord(value)) return value;
  const { keys: _keys, servers, ...others } = value;
  if (!isRecord(servers)) return { ...others, servers };
  return { ...others, servers: Object.fromEntries(Object.entries(servers).filter(([name]) => isChosen(name))) };
}

/** Reads one server of a file of our own: what it does not state has its default. */
export function ownServer(name: string, server: FileServer): ForeignServer {
  const {
    title,
    description,
    isolation,
    on_tool_change: onToolChange = 'allow',
    timeouts = {},
    limits = {},
    enabled = true,
  } = server;
  return {
    name,
    address: addressOf(server),
    headers: secretsOf(server.headers),
    env: secretsOf(server.env),
    envFile: [],
    unset: [],
    enabled,
    stated: {
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      isolation: isolation ?? DEFAULT_SETTINGS.isolation,
      onToolChange,
      limits: {
        maxInFlight: limits.max_in_flight ?? DEFAULT_SETTINGS.limits.maxInFlight,
        memoryBytes: limits.memory_bytes,
        openFiles: limits.open_files,
        processes: limits.processes,
        restarts: limits.restarts,
        rates: limits.rates?.length === 0 ? undefined : limits.rates,
      },
      timeouts: {
        connectMs: durationMs(timeouts.connect ?? '') ?? DEFAULT_SETTINGS.timeouts.connectMs,
        idleMs: durationMs(timeouts.idle ?? '') ?? DEFAULT_SETTINGS.timeouts.idleMs,
        totalMs: durationMs(timeouts.total ?? '') ?? DEFAULT_SETTINGS.timeouts.totalMs,
        idleStopMs: durationMs(timeouts.idle_stop ?? ''),
      },
    },
    notes: [],
  };
}

function addressOf({ transport, url, command, args, cwd }: FileServer): ForeignAddress {
  if (transport === 'stdio' || (transport === undefined && url === undefined && command !== undefined)) {
    return {
      transport: 'stdio',
      command: own(command ?? ''),
      args: args?.map(own),
      cwd: cwd === undefined ? undefined : own(cwd),
    };
  }
  return { transport: transport ?? 'http', url: own(url ?? '') };
}

function secretsOf(values: Readonly<Record<string, FileSecret>> = {}): Record<string, Template> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, secretOf(value)]));
}

/** What another client would fill in is sent to nobody as it stands. */

function secretOf(value: FileSecret): Template {
  if (typeof value === 'string') return parseTemplate(value, { escapes: true, foreign: 'refuse' });
  if ('from_env' in value) return [{ kind: 'env', name: value.from_env, fallback: undefined }];
  return [{ kind: 'file', path: value.from_file }];
}

function own(text: string): Template {
  return parseTemplate(text, { escapes: true });
}
