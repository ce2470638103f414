import { isoTime } from '../clock.ts';
import type { Feed } from '../feed/feed.ts';
import type { JournalListeners } from '../upstream/stdio/serverJournal.ts';

/** Publishes in the live event feed what happens to the processes of servers on stdio. */
export function processFeed(feed: Pick<Feed, 'publish'>): JournalListeners {
  return {
    onState(server, { status, sharedBy, failures, retryAt, reason }) {
      const data = {
        status,
        shared_by: sharedBy,
        failures,
        ...(retryAt !== undefined && { retry_at: isoTime(retryAt) }),
        ...(reason !== undefined && { reason }),
      };
      feed.publish({ type: 'mcp_server_process', server, data });
    },
    onLine(server, { number, text }, omitted) {
      const data = { number, text, ...(omitted > 0 && { omitted }) };
      feed.publish({ type: 'mcp_server_log', server, data });
    },
  };
}
