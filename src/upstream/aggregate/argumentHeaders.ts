import type { IncomingHttpHeaders } from 'node:http';
import type { AppError } from '../../errors/appError.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { checkParamHeaders } from '../../mcp/paramHeaderCheck.ts';
import { findParamHeaders } from '../../mcp/toolParamHeaders.ts';
import type { MemberConnection } from './memberConnection.ts';
import type { Known, MemberLists } from './memberLists.ts';

/** The tools are not listed again sooner, in milliseconds: calls that are wrong must not cost a list each. */
const LISTED_MS = 5_000;

/**
 * Compares the headers of clients' calls with the arguments that they mirror (MCP 2026-07-28, basic/transports, Schema Extension), by what is
 * known of the members' tools: a member gets headers that are made anew, or none, and could not tell.
 */
export class ArgumentHeaders {
  readonly #lists: MemberLists;
  /** When the tools of a member were listed for this, by performance.now(). */
  readonly #listedAt = new WeakMap<MemberConnection, number>();

  constructor(lists: MemberLists) {
    this.#lists = lists;
  }

  /** Compares the headers of a call. What has changed since the list was read is no mismatch, so it is read again. */
  async check(
    connection: MemberConnection,
    params: JsonObject,
    headers: IncomingHttpHeaders,
  ): Promise<AppError | undefined> {
    const found = compare(await this.#lists.read(connection, 'tools'), params, headers);
    if (found === 'same' || !this.#mayList(connection)) return faultOf(found);
    this.#lists.changed(connection, 'tools');
    return faultOf(compare(await this.#lists.read(connection, 'tools'), params, headers));
  }

  #mayList(connection: MemberConnection): boolean {
    const now = performance.now();
    if (now - (this.#listedAt.get(connection) ?? -Infinity) < LISTED_MS) return false;
    this.#listedAt.set(connection, now);
    return true;
  }
}

/** @returns why the headers are refused; `unknown`: there is no such tool in the list */
function compare(
  { value }: Known<'tools'>,
  { name, arguments: args }: JsonObject,
  headers: IncomingHttpHeaders,
): AppError | 'same' | 'unknown' {
  const tool = value?.items.find((one) => one.name === name);
  if (tool === undefined) return 'unknown';
  const defined = findParamHeaders(tool.inputSchema);
  // A definition that is invalid is for its clients to refuse.
  if (!defined.valid) return 'same';
  return checkParamHeaders(defined.headers, isJsonObject(args) ? args : {}, headers) ?? 'same';
}

function faultOf(found: ReturnType<typeof compare>): AppError | undefined {
  return typeof found === 'string' ? undefined : found;
}
