/** What an event's stream is about: which key, which role or which server. */
export type Subject = { readonly key: string } | { readonly role: string } | { readonly server: string };

/** The form of a key's id and of the names of roles and servers; any other name behind a category is of another program. */
const KEY = /^apiKey-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const ROLE = /^keyRole-([a-z0-9][a-z0-9-]{0,31})$/;
const SERVER = /^mcpServer-([a-z0-9][a-z0-9-]{0,31})$/;
const CATALOGUE = /^mcpCatalogue-([a-z0-9][a-z0-9-]{0,31})$/;
const REPAIR = 'streamRepair-';

/** How the names of our streams begin. */
export const STREAM_PREFIXES: readonly string[] = ['apiKey-', 'keyRole-', 'mcpServer-', 'mcpCatalogue-', REPAIR];

/** Reads the name of a stream; undefined for a stream that is none of ours in form. */
export function subjectOf(stream: string): Subject | undefined {
  const repaired = repairedStream(stream) ?? stream;
  const key = KEY.exec(repaired)?.[1];
  if (key !== undefined) return { key };
  const role = ROLE.exec(repaired)?.[1];
  if (role !== undefined) return { role };
  const server = (SERVER.exec(repaired) ?? CATALOGUE.exec(repaired))?.[1];
  return server === undefined ? undefined : { server };
}

/** The id of the key, or the name of the server or role, that a stream is about. */
export function nameInStream(stream: string): string | undefined {
  const subject = subjectOf(stream);
  if (subject === undefined) return undefined;
  if ('key' in subject) return subject.key;
  return 'role' in subject ? subject.role : subject.server;
}

/** The stream that a repair stream is about; undefined for any other stream. */
export function repairedStream(stream: string): string | undefined {
  return stream.startsWith(REPAIR) ? stream.slice(REPAIR.length) : undefined;
}

/** Checks whether a stream is that of a server's catalogue, which is about the server, but decides nothing about its use. */
export function isCatalogueStream(stream: string): boolean {
  return CATALOGUE.test(stream);
}

/** The stream of the catalogue of the server whose stream this is; undefined for any other stream. */
export function catalogueOf(stream: string): string | undefined {
  const server = SERVER.exec(stream)?.[1];
  return server === undefined ? undefined : `mcpCatalogue-${server}`;
}

/** The streams with all that happened to a key, role or server: its own, of a server its catalogue's, and their repairs. */
export function streamsAbout(stream: string): readonly string[] {
  const catalogue = catalogueOf(stream);
  const own = catalogue === undefined ? [stream] : [stream, catalogue];
  return own.flatMap((each) => [each, REPAIR + each]);
}

/** The stream of a key. */
export function apiKeyStream(id: string): string {
  return `apiKey-${id}`;
}

/** The id of the key whose stream this is. @throws TypeError for another stream */
export function keyIdOf(stream: string): string {
  const id = KEY.exec(stream)?.[1];
  if (id === undefined) throw new TypeError(`${stream} is not the stream of a key`);
  return id;
}

/** The name of the role whose stream this is. @throws TypeError for another stream */
export function roleNameOf(stream: string): string {
  const name = ROLE.exec(stream)?.[1];
  if (name === undefined) throw new TypeError(`${stream} is not the stream of a role`);
  return name;
}

/** The name of the server whose stream this is, or whose catalogue's. @throws TypeError for another stream */
export function serverNameOf(stream: string): string {
  const name = (SERVER.exec(stream) ?? CATALOGUE.exec(stream))?.[1];
  if (name === undefined) throw new TypeError(`${stream} is not the stream of a server`);
  return name;
}
