import type { LiveServer } from '../live/liveServer.ts';
import { Unavailable } from '../errors/appError.ts';

/** Says why a call that was meant for `begunWith` may not go on, now that the server is `server`; undefined when it may. */
export function whyServerMayNot(server: LiveServer | undefined, begunWith: LiveServer): Unavailable | undefined {
  const { name } = begunWith;
  if (server === undefined) return new Unavailable('server-deleted', `The server "${name}" was deleted.`);
  if (!server.enabled) return new Unavailable('server-disabled', `The server "${name}" was disabled.`);
  if (server.url?.href !== begunWith.url?.href) {
    return new Unavailable('server-changed', `The server "${name}" was moved to another URL.`);
  }
  return undefined;
}
