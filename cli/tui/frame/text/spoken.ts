import { escape } from '../../../../src/escape.ts';

/** Writes the type of an event as people say it, as in: key access changed. */
export function spokenType(type: string): string {
  const words = type.replace(/^(ApiKey|McpServer)/, (subject) => (subject === 'ApiKey' ? 'key ' : 'server '));
  return escape(words.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase());
}
