/**
 * URIs that a server makes up by itself, so that two servers may have the same one for different things: of interfaces (MCP Apps,
 * SEP-1865) and of skills (SEP-2640, "Skill URIs": two servers' skills at one URI are unrelated). Clients of an aggregate get them
 * with the server's name in front of the path, and so they lead back to it. The last segments stay, for a skill's directory has its
 * name, and relative references resolve within the server. A scheme may be written in letters of either case (RFC 3986, 3.1).
 */
const OF_SERVERS = /^(ui|skill):\/\//i;
const QUALIFIED = /^(ui|skill):\/\/([^/]+)\/(.*)$/is;

/** Where a text names one, as instructions do. */
const IN_TEXT = /\b(ui|skill):\/\/(?=[^\s<>"'`)\]}])/gi;

/** The segment behind the server's name, before a skill's URI that has another scheme. */
const WHOLE = '~/';

/** A URI of a member, by the member's own spelling. */
export interface MemberUri {
  readonly server: string;
  readonly own: string;
}

/** Tells whether a URI is of a kind that servers make up by themselves: clients of an aggregate have it qualified, or not at all. */
export function isOfServer(uri: string): boolean {
  return OF_SERVERS.test(uri);
}

/** Writes a URI of a server, or a template of one, for clients; one of any other scheme stays as it is. */
export function qualifiedUri(server: string, uri: string): string {
  const [start] = OF_SERVERS.exec(uri) ?? [];
  if (start === undefined) return uri;
  const path = uri.slice(start.length);
  return isSkill(start) && path.startsWith(WHOLE) ? wholeUri(server, uri) : `${start}${server}/${path}`;
}

/** Writes the URI of a file of a skill for clients. No scheme is privileged (SEP-2640, Resource Mapping): one of another scheme follows whole. */
export function qualifiedSkillUri(server: string, uri: string): string {
  return isOfServer(uri) ? qualifiedUri(server, uri) : wholeUri(server, uri);
}

/** Tells whether a client's URI is that of a skill whose own scheme is another one. */
export function isWholeUri(uri: string): boolean {
  const [, scheme, , path = ''] = QUALIFIED.exec(uri) ?? [];
  return isSkill(scheme) && path.startsWith(WHOLE);
}

/** Reads what the functions above wrote; undefined: it names no server. */
export function readQualifiedUri(uri: string): MemberUri | undefined {
  const [, scheme, server, path] = QUALIFIED.exec(uri) ?? [];
  if (scheme === undefined || server === undefined || path === undefined) return undefined;
  const isWhole = isSkill(scheme) && path.startsWith(WHOLE);
  return { server, own: isWhole ? path.slice(WHOLE.length) : `${scheme}://${path}` };
}

/** Writes the URIs that a text of a server names, as clients get them. */
export function withQualifiedText(server: string, text: string): string {
  return text.replace(IN_TEXT, (start) => `${start}${server}/`);
}

function wholeUri(server: string, uri: string): string {
  return `skill://${server}/${WHOLE}${uri}`;
}

/** @param scheme with or without what follows it */
function isSkill(scheme: string | undefined): boolean {
  return scheme?.toLowerCase().startsWith('skill') === true;
}
