import type { Settings } from '../../src/settings/settings.ts';
import { escape } from '../../src/escape.ts';

/** Names the stores that a command works on, for messages: without user, password and parameters. */
export function storePlace({ databaseUrl, home }: Pick<Settings, 'databaseUrl' | 'home'>): string {
  if (databaseUrl === undefined) return `the state folder ${escape(home)}`;
  const url = URL.parse(databaseUrl);
  const name = url === null ? '' : ` ${escape(`${url.host}${url.pathname}`)}`;
  return `the database${name} of DATABASE_URL`;
}
