import { audienceAt } from '../../catalogue/audience.ts';
import type { Catalogues } from '../../catalogue/openCatalogues.ts';
import { Unavailable } from '../../errors/appError.ts';
import type { LiveServer } from '../../live/liveServer.ts';
import type { Era } from '../../mcp/eras.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import type { MemberRecord } from '../../upstream/aggregate/member.ts';
import { EMPTY } from '../../upstream/lists.ts';

/** Makes what keeps a server's lists for all gateways; undefined where nothing does. */
export function createMemberRecord(
  server: LiveServer,
  { era, capabilities }: { readonly era: Era; readonly capabilities: JsonObject },
  catalogues: Pick<Catalogues, 'findLast' | 'observe'> | undefined,
): MemberRecord | undefined {
  if (catalogues === undefined) return undefined;
  const { name, revision, onToolChange = 'allow' } = server;
  const of = { server: name, revision, audience: audienceAt(server, era, capabilities) };
  return {
    async find() {
      const known = await catalogues.findLast(of);
      return known && { facts: known.facts, ...known.lists };
    },
    note({ facts, lists, failure, isOther }) {
      const { tools = EMPTY, prompts = EMPTY, resources = EMPTY, resourceTemplates = EMPTY } = lists;
      const fault =
        failure === undefined
          ? undefined
          : new Unavailable(failure, `The server "${name}" did not give all of its lists.`, { data: { server: name } });
      const offered = { facts, lists: { tools, prompts, resources, resourceTemplates } };
      catalogues.observe({ ...of, onToolChange, offered, fault, isOther });
    },
  };
}
