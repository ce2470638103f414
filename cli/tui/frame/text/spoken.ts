import { escape } from '../../../../src/escape.ts';

const SUBJECTS: Readonly<Record<string, string>> = { ApiKey: 'key', KeyRole: 'role', McpServer: 'server' };

/** Writes the type of an event as people say it, as in: key access changed. */
export function spokenType(type: string): string {
  const words = type.replace(/^(ApiKey|KeyRole|McpServer)/, (subject) => `${SUBJECTS[subject] ?? ''} `);
  return escape(words.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase());
}
