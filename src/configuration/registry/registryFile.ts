import { Invalid } from '../../errors/appError.ts';
import { descriptionSchema, titleSchema } from '../../events/text.ts';
import type { ConfigurationText } from '../configurationText.ts';
import { registryHeaders } from './registryHeaders.ts';
import { isRecord, type JsonRecord } from '../entryMembers.ts';
import { Faulty, invalidEntry } from '../faulty.ts';
import type { ClientFile, FaultyEntry, ForeignServer } from '../foreignServer.ts';
import { listIn, memberOf, readVariables, textIn } from './registryInput.ts';
import { readPackage, REGISTRY_TYPES, registryTypeOf } from './registryPackage.ts';

/** A way to a server: one of its URLs, or a package of one of these registries. */
export const REGISTRY_USES = ['remote', ...REGISTRY_TYPES];

export interface RegistryOptions {
  /** The way that is taken. (Default: a URL, else the first package that can be run) */
  readonly use: string | undefined;
  /** Which servers are asked for. (Default: all) */
  readonly isChosen?: (name: string) => boolean;
}

/**
 * Reads servers of the MCP registry: a server.json (schema 2025-12-11 and before), or what the registry’s API answers with.
 * @throws Invalid `file-has-no-servers`
 */
export function readRegistryFile(
  { value }: ConfigurationText,
  { use, isChosen = () => true }: RegistryOptions,
): ClientFile {
  const found = serversIn(value);
  if (found.length === 0) {
    const message =
      'The file is no server.json of the MCP registry: there is no server with a name and packages or remotes in it. ' +
      'A client’s file is imported without --registry.';
    throw new Invalid('file-has-no-servers', message);
  }
  const read = found.filter((server) => isChosen(nameOf(server))).map((server) => readServer(server, use));
  return {
    servers: read.filter((each): each is ForeignServer => 'address' in each),
    faulty: read.filter((each): each is FaultyEntry => !('address' in each)),
    inputs: [],
    notes: [],
  };
}

/** Tells a file of the registry, for whoever takes it for another one. */
export function isRegistryFile(value: unknown): boolean {
  return serversIn(value).length > 0;
}

/** One server, one as the API has it, or a list of either. */
function serversIn(value: unknown): JsonRecord[] {
  if (!isRecord(value)) return [];
  const { servers, server } = value;
  if (Array.isArray(servers)) return servers.flatMap(serversIn);
  if (isRecord(server)) return serversIn(server);
  const isServer =
    typeof value['name'] === 'string' && (Array.isArray(value['packages']) || Array.isArray(value['remotes']));
  return isServer ? [value] : [];
}

/** What follows the namespace: io.github.someone/weather is weather. */
function nameOf(server: JsonRecord): string {
  const name = textIn(server, 'name') ?? '';
  return name.slice(name.lastIndexOf('/') + 1) || name;
}

type Way = Pick<ForeignServer, 'address' | 'headers' | 'env' | 'notes'>;

function readServer(server: JsonRecord, use: string | undefined): ForeignServer | FaultyEntry {
  const name = nameOf(server);
  try {
    const ways = waysOf(server);
    const chosen = choose(ways, use);
    const others = [...new Set(ways.map(({ kind }) => kind))].filter((kind) => kind !== chosen.kind);
    const { notes, ...way } = chosen.read();
    const title = textIn(server, 'title');
    const description = textIn(server, 'description');
    return {
      name,
      ...way,
      envFile: [],
      unset: [],
      enabled: undefined,
      stated: {
        ...(title !== undefined && titleSchema.safeParse(title).success ? { title } : {}),
        ...(description !== undefined && descriptionSchema.safeParse(description).success ? { description } : {}),
      },
      notes: [
        ...notes,
        ...(others.length === 0
          ? []
          : [`there are other ways to it: ${others.map((kind) => `--use ${kind}`).join(', ')}`]),
        ...(textIn(server, 'status') === 'deprecated' ? ['its author calls it deprecated'] : []),
      ],
    };
  } catch (error) {
    if (error instanceof Faulty) return { name, ...error.entry, enabled: undefined };
    throw error;
  }
}

interface Candidate {
  readonly kind: string;
  readonly isServed: boolean;
  readonly read: () => Way;
}

/** In the order in which they are preferred: what runs elsewhere first, Streamable HTTP before SSE. */
function waysOf(server: JsonRecord): Candidate[] {
  const remotes = listIn(server, 'remotes').map((remote) => ({ remote, transport: transportOf(remote) }));
  const isOf = (wanted: string) => remotes.filter(({ transport }) => transport === wanted);
  return [
    ...[...isOf('http'), ...isOf('sse')].map(({ remote }) => ({
      kind: 'remote',
      isServed: true,
      read: () => readRemote(remote),
    })),
    ...listIn(server, 'packages').map((each) => ({
      kind: registryTypeOf(each),
      isServed: REGISTRY_TYPES.includes(registryTypeOf(each)),
      read: () => readLocal(each),
    })),
  ];
}

function choose(ways: readonly Candidate[], use: string | undefined): Candidate {
  const chosen =
    ways.find(({ kind, isServed }) => (use === undefined ? isServed : kind === use)) ??
    (use === undefined ? ways[0] : undefined);
  if (chosen !== undefined) return chosen;
  const there = [...new Set(ways.map(({ kind }) => kind))].join(', ');
  if (there === '') throw invalidEntry('it has neither remotes nor packages that could be used');
  throw invalidEntry(`it is not offered so; there is --use ${there}`);
}

function transportOf(remote: JsonRecord): 'http' | 'sse' | undefined {
  const type = (textIn(remote, 'type') ?? textIn(remote, 'transportType'))?.toLowerCase();
  return type === 'sse'
    ? 'sse'
    : type === undefined || /^(?:streamable(?:-?http)?|http)$/.test(type)
      ? 'http'
      : undefined;
}

function readRemote(remote: JsonRecord): Way {
  const text = textIn(remote, 'url');
  if (text === undefined) throw invalidEntry('one of its remotes has no url');
  const url = readVariables(text, memberOf(remote, 'variables'), true);
  if (url.isSecret) {
    const message =
      'its URL has a secret in it, and a URL is shown in lists and logs; register it by hand if it takes a header';
    throw new Faulty('refuse', 'reference-in-url', message);
  }
  const { headers, notes } = registryHeaders(listIn(remote, 'headers'));
  return { address: { transport: transportOf(remote) ?? 'http', url: url.template }, headers, env: {}, notes };
}

function readLocal(registryPackage: JsonRecord): Way {
  const { optional, ...way } = readPackage(registryPackage);
  return { ...way, headers: {}, notes: optional.length === 0 ? [] : [`optional, and not set: ${optional.join(', ')}`] };
}
