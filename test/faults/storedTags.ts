import type { Installation } from './installation.ts';

/** How often each tag is in the store's history, read with the operator's own client. */
export function storedTags({ operator }: Installation): Promise<Map<string, number>> {
  return operator(async (client) => {
    const found = new Map<string, number>();
    for await (const { event } of client.readAll()) {
      if (event === undefined || !/^(apiKey|mcpServer|streamRepair)-/.test(event.streamId)) continue;
      const data = event.data as Readonly<Record<string, unknown>> | undefined;
      // A successor has its predecessor's name.
      if (typeof data !== 'object' || (event.type === 'ApiKeyCreated' && data['rotatedFrom'] !== undefined)) continue;
      const tag = data['reason'] ?? (event.type === 'ApiKeyCreated' ? data['name'] : data['title']);
      if (typeof tag === 'string') found.set(tag, (found.get(tag) ?? 0) + 1);
    }
    return found;
  });
}
