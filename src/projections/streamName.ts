/** What an event's stream says: which key or which server changed. */
export type Subject = { readonly key: string } | { readonly server: string };

/** Reads the name of a stream; undefined for a stream that is none of ours. DESIGN 3. */
export function subjectOf(stream: string): Subject | undefined {
  if (stream.startsWith('apiKey-')) return { key: stream.slice('apiKey-'.length) };
  if (stream.startsWith('mcpServer-')) return { server: stream.slice('mcpServer-'.length) };
  return undefined;
}

/** The id of the key whose stream this is. @throws TypeError for another stream */
export function keyIdOf(stream: string): string {
  const subject = subjectOf(stream);
  if (subject === undefined || !('key' in subject)) throw new TypeError(`${stream} is not the stream of a key`);
  return subject.key;
}

/** The name of the server whose stream this is. @throws TypeError for another stream */
export function serverNameOf(stream: string): string {
  const subject = subjectOf(stream);
  if (subject === undefined || !('server' in subject)) throw new TypeError(`${stream} is not the stream of a server`);
  return subject.server;
}
