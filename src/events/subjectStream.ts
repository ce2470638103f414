import { keyRoleStream } from './keyRole.ts';
import { mcpServerStream } from './mcpServer.ts';
import { subjectOf, type Subject, apiKeyStream } from './streamName.ts';

/** The stream that decides on a key, a role or a server. */
export function streamOfSubject(subject: Subject): string {
  if ('role' in subject) return keyRoleStream(subject.role);
  return 'key' in subject ? apiKeyStream(subject.key) : mcpServerStream(subject.server);
}

/** The stream of what another one is about: a server's catalogue is about the server, a repair about what is repaired. */
export function decidingStream(stream: string): string {
  const subject = subjectOf(stream);
  return subject === undefined ? stream : streamOfSubject(subject);
}
