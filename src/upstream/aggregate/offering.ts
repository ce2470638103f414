import { AppError } from '../../errors/appError.ts';
import { extensionOf, SKILLS_EXTENSION, UI_EXTENSION } from '../../mcp/extensions.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import type { Tool } from '../../mcp/catalogueItems.ts';
import { inSlices } from '../../slices.ts';
import type { Listing } from '../lists.ts';
import type { Upstream } from '../upstream.ts';
import { exposedName, readExposedName } from './exposedNames.ts';
import { findTemplateSteps } from './findTemplate.ts';
import type { Member } from './member.ts';
import type { MemberConnection } from './memberConnection.ts';
import type { MemberConnections } from './memberConnections.ts';
import type { Known, MemberLists } from './memberLists.ts';
import type { ListName, MemberParts, PartName } from './memberParts.ts';
import { ListMerger, type MergedList, type Share } from './mergedList.ts';
import { isOfServer, readQualifiedUri } from './qualifiedUris.ts';
import { hasUiUri } from './uiUris.ts';

/** A tool, prompt or resource, and the member that has it. */
export interface Found {
  readonly connection: MemberConnection;
  /** The member's own name of it. */
  readonly own: string;
}

const LISTS_WITH_URIS = ['tools', 'resources', 'resourceTemplates'] as const;

/** A tool, and the open conversation with the member that has it. */
export interface OpenTool extends Found {
  readonly upstream: Upstream;
}

/** What all members of an aggregate offer together, and which of them has what. */
export class Offering {
  readonly #connections: MemberConnections;
  readonly #lists: MemberLists;
  readonly #merger: ListMerger;
  /** Lists that were looked through for URIs of servers. */
  readonly #withUris = new WeakMap<object, boolean>();

  constructor(connections: MemberConnections, lists: MemberLists, merger: ListMerger) {
    this.#connections = connections;
    this.#lists = lists;
    this.#merger = merger;
  }

  /** Reads a part of each member. */
  async read<Part extends PartName>(
    part: Part,
  ): Promise<readonly { readonly connection: MemberConnection; readonly known: Known<Part> }[]> {
    const reads = this.#connections.all.map((connection) => ({
      connection,
      known: this.#readOf<Part>(connection, part),
    }));
    if (!reads.some(({ known }) => known instanceof Promise))
      return reads as { connection: MemberConnection; known: Known<Part> }[];
    return await Promise.all(reads.map(async ({ connection, known }) => ({ connection, known: await known })));
  }

  /** Merges a list of all members. */
  async merged(list: ListName): Promise<MergedList> {
    const shares = (await this.read(list)).map(({ connection: { member }, known }) => ({ member, known }));
    return await this.#merger.merge(list, shares);
  }

  /** Merges what is known of a list, and asks nobody; undefined where of a member nothing is known. */
  peek(list: ListName): MergedList | Promise<MergedList> | undefined {
    const shares: Share[] = [];
    for (const { member } of this.#connections.all) {
      const known = this.#lists.peek(member.listsKey, list);
      const screened = known && screenedBy(member, list, known);
      if (screened === undefined || screened instanceof Promise) return undefined;
      shares.push({ member, known: screened });
    }
    return this.#merger.merge(list, shares);
  }

  /** Finds the member that has a tool or prompt. Undefined: the client may use none of this name. */
  async find(list: 'tools' | 'prompts', exposed: unknown): Promise<Found | undefined> {
    if (typeof exposed !== 'string') return undefined;
    const { server, name } = readExposedName(exposed);
    const connection = server === undefined ? this.#connections.unprefixed : this.#connections.get(server);
    if (connection === undefined) return undefined;
    const { prefix, grant } = connection.member;
    if (name === undefined) {
      const share = { member: connection.member, known: await this.#readOf(connection, list) };
      const item = (await this.#merger.merge(list, [share])).byKey.get(exposed);
      return item && { connection, own: item.own };
    }
    if (exposedName(prefix, name) !== exposed) return undefined;
    const isGranted = grant === 'all' || (list === 'tools' && grant(name));
    return isGranted ? { connection, own: name } : undefined;
  }

  /** Finds the member that a name of a tool or prompt is of, where the client has no grant for that. */
  findUngranted(list: 'tools' | 'prompts', exposed: unknown): Found | undefined {
    if (typeof exposed !== 'string') return undefined;
    const { server, name } = readExposedName(exposed);
    const connection = server === undefined ? this.#connections.unprefixed : this.#connections.get(server);
    if (connection === undefined || name === undefined) return undefined;
    const { grant } = connection.member;
    return grant === 'all' || (list === 'tools' && grant(name)) ? undefined : { connection, own: name };
  }

  /** Finds the open conversation with the member that has a tool, where the tool's name alone tells which it is. */
  findOpen(exposed: string): OpenTool | undefined {
    const { server, name } = readExposedName(exposed);
    const connection = server === undefined ? this.#connections.unprefixed : this.#connections.get(server);
    const upstream = connection?.current;
    if (connection === undefined || upstream === undefined || name === undefined) return undefined;
    const { prefix, grant } = connection.member;
    const isGranted = grant === 'all' || grant(name);
    return isGranted && exposedName(prefix, name) === exposed ? { connection, own: name, upstream } : undefined;
  }

  /**
   * Finds the member that has a resource: the one that its URI names, where it is of a kind that servers make up by themselves.
   * Else the one that lists it, else the one with a template for it, else the only one that has resources at all, for servers need
   * not list what they have.
   */
  async findResource(uri: unknown): Promise<Found | undefined> {
    if (typeof uri !== 'string') return undefined;
    if (isOfServer(uri)) return this.#qualified(uri);
    const connection = await this.#findOwner(uri);
    return connection && { connection, own: uri };
  }

  /**
   * Tells whether a member's answers may name URIs that clients have otherwise, as far as what it declares and its lists tell. What a
   * server names nowhere but in answers, clients do not look up.
   */
  namesUris({ connection: { member }, upstream: { facts } }: OpenTool): boolean {
    const { listsKey } = member;
    if (hasExtensionWithUris(facts.capabilities)) return true;
    return LISTS_WITH_URIS.some((list) => {
      const listing = this.#lists.peek(listsKey, list)?.value;
      return listing !== undefined && this.#hasUris(list, listing);
    });
  }

  #hasUris(list: (typeof LISTS_WITH_URIS)[number], listing: Listing<JsonObject>): boolean {
    let has = this.#withUris.get(listing);
    if (has === undefined) {
      has = listing.items.some((item) =>
        list === 'tools' ? hasUiUri(item) : isOfServer(String(item[list === 'resources' ? 'uri' : 'uriTemplate'])),
      );
      this.#withUris.set(listing, has);
    }
    return has;
  }

  #qualified(uri: string): Found | undefined {
    const read = readQualifiedUri(uri);
    const connection = read && this.#connections.get(read.server);
    return read !== undefined && connection?.member.grant === 'all' ? { connection, own: read.own } : undefined;
  }

  async #findOwner(uri: string): Promise<MemberConnection | undefined> {
    const listed = (await this.merged('resources')).byKey.get(uri);
    if (listed !== undefined) return this.#connections.get(listed.server);
    const { items } = await this.merged('resourceTemplates');
    const template = await inSlices(findTemplateSteps(items, uri));
    if (template !== undefined) return this.#connections.get(template.server);
    const having = (await this.read('facts')).filter(
      ({ connection, known }) =>
        connection.member.grant === 'all' && (known.value === undefined || hasResources(known.value.capabilities)),
    );
    return having.length === 1 ? having[0]?.connection : undefined;
  }

  #readOf<Part extends PartName>(connection: MemberConnection, part: Part): Known<Part> | Promise<Known<Part>> {
    const known = this.#lists.read<Part>(connection, part);
    if (part !== 'tools' || connection.member.hold === undefined) return known;
    return Promise.resolve(known).then((read) => screenedBy(connection.member, part, read));
  }
}

/** Gives what clients get of a part. Where that can't be found out, none of it, and the reason. */
function screenedBy<Part extends PartName>(
  { hold }: Member,
  part: Part,
  known: Known<Part>,
): Known<Part> | Promise<Known<Part>> {
  if (part !== 'tools' || hold === undefined || known.value === undefined) return known;
  const withValue = (value: Listing<Tool>): Known<Part> => ({ ...known, value: value as MemberParts[Part] });
  const screened = hold.screen(known.value as Listing<Tool>);
  if (!(screened instanceof Promise)) return withValue(screened);
  return screened.then(withValue, (error: unknown) => ({
    value: undefined,
    failure: error instanceof AppError ? error.code : 'internal-error',
  }));
}

function hasExtensionWithUris(capabilities: JsonObject): boolean {
  return [UI_EXTENSION, SKILLS_EXTENSION].some((extension) => extensionOf(capabilities, extension) !== undefined);
}

function hasResources(capabilities: JsonObject): boolean {
  return capabilities['resources'] !== undefined && capabilities['resources'] !== null;
}
