import { z } from 'zod';
import type { Principal } from '../auth/principal.ts';
import { openCall } from '../calls/openCall.ts';
import { audienceAt } from '../catalogue/audience.ts';
import type { RememberedCatalogues } from '../catalogue/rememberedCatalogues.ts';
import { AppError, NotFound, Unavailable } from '../errors/appError.ts';
import { untilAborted } from '../events/untilAborted.ts';
import { inTurn } from '../inTurn.ts';
import { serverForKey } from '../live/keyServer.ts';
import { protocolOf, requestIdOf } from '../front/frontResponse.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { Era } from '../mcp/eras.ts';
import { exposedName, prefixOf } from '../upstream/aggregate/exposedNames.ts';
import { listTools } from '../upstream/catalogue.ts';
import { CLI_HERE, withCliName } from '../cliName.ts';
import type { ApiRequest, Route } from './route.ts';
import { grantedServers } from './servers.ts';
import type { ServerToolRoutesOptions } from './serverTools.ts';
import { shownTools, type ShownTools } from './shownTools.ts';

export const allToolsSchema = z
  .object({
    items: z.array(
      z.object({
        server: z.string(),
        exposed_name: z.string().meta({ description: 'By which clients of `/mcp` know it.' }),
        tool: z.looseObject({ name: z.string() }).meta({ description: 'As the server describes it.' }),
      }),
    ),
    left_out: z
      .array(z.object({ server: z.string(), name: z.string().optional(), reason: z.string() }))
      .meta({ description: 'The first 20 of each server that it lists and that can’t be used, and why.' }),
    unanswered: z
      .array(
        z.object({
          server: z.string(),
          status: z.enum(['fails', 'disabled']),
          code: z.string(),
          message: z.string().meta({ description: 'What went wrong, and what to do.' }),
          remembered: z
            .boolean()
            .meta({ description: '`items` holds the tools that it offered last; they may be others now.' }),
        }),
      )
      .meta({ description: 'The servers that did not answer now, and why.' }),
  })
  .meta({ id: 'AllTools' });

type AllTools = z.infer<typeof allToolsSchema>;

/** Servers that are asked at the same time: each may be a program that starts. */
const AT_ONCE = 8;

/** How long the servers may take together, in milliseconds. What has not answered then is listed as it was before. */
const PATIENCE_MS = 10_000;

/** More than anybody configures. */
const MAX_SERVERS = 10_000;

/** What is known of a call that lists a server's tools over REST. */
const LISTING = { method: 'tools/list', tool: undefined, era: undefined, ownMs: undefined };

const ERAS: readonly Era[] = ['modern', 'legacy'];

export interface AllToolsRoutesOptions extends ServerToolRoutesOptions {
  /** What all gateways remember of servers. */
  readonly remembered: Pick<RememberedCatalogues, 'findLast'>;
  /** The server whose tools keep their names in the aggregate. */
  readonly unprefixed: string | undefined;
  /** (Default: 10_000) */
  readonly patienceMs?: number;
}

/** What one server has shown. */
interface Shown extends ShownTools {
  readonly server: string;
  /** Undefined: it has answered. */
  readonly unanswered?: AllTools['unanswered'][number];
}

/** Makes the route that lists the tools of all servers that a key may use. */
export function allToolsRoutes(options: AllToolsRoutesOptions): Route[] {
  const { db, liveServers, register, clock, onCall, open, via, findHold, onRejected, remembered, unprefixed } = options;
  const { patienceMs = PATIENCE_MS } = options;

  /** Asks a server, as a running call of its own. */
  async function ask(
    server: LiveServer,
    { principal, request, late }: { principal: Principal; request: ApiRequest; late: AbortSignal },
  ): Promise<ShownTools> {
    const cutting = new AbortController();
    const signal = AbortSignal.any([request.signal, late, cutting.signal]);
    const cut = (reason: AppError): void => cutting.abort(reason);
    const running = { principal, server, tools: [], onlyTools: false, standing: false, cut };
    const [requestId, protocol] = [requestIdOf(request.response), protocolOf(request.response)];
    const call = openCall({ register, clock, onCall }, running);
    const end = (outcome: string, bytesOut = 0): void =>
      call.end({ requestId, protocol, ...LISTING, outcome, status: 200, bytesIn: 0, bytesOut });
    try {
      const shown = await untilAborted(list(), signal);
      if (shown === undefined) throw signal.reason;
      end('ok', Buffer.byteLength(JSON.stringify(shown.items)));
      return shown;
    } catch (error) {
      end(request.signal.aborted ? 'client-closed' : error instanceof AppError ? error.code : 'internal-error');
      throw error;
    }

    async function list(): Promise<ShownTools> {
      const onward = via.onward(request.headers.via);
      await using upstream = await open(server, { principal, signal, via: onward, leaseRoom: request.leaseRoom });
      const listing = await listTools(upstream, { signal, onRejected: (rejected) => onRejected(server, rejected) });
      return await shownTools(principal, server.name, listing, await findHold(server, upstream.facts.era, 'list'));
    }
  }

  /** Finds what a server has shown last; undefined: nothing is known, or what of it is withheld is not. */
  async function recall(server: LiveServer, principal: Principal): Promise<ShownTools | undefined> {
    try {
      for (const era of ERAS) {
        const audience = audienceAt(server, era, {});
        const known = await remembered.findLast({ server: server.name, revision: server.revision, audience });
        const tools = known?.lists.tools;
        if (tools !== undefined)
          return await shownTools(principal, server.name, tools, await findHold(server, era, 'list'));
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
    return undefined;
  }

  async function show(name: string, request: ApiRequest, principal: Principal, late: AbortSignal): Promise<Shown> {
    const found = await liveServers.find(name);
    const nothing = { server: name, items: [], leftOut: [] };
    const silent = (status: 'fails' | 'disabled', { code, message }: AppError, known?: ShownTools): Shown => {
      const reason = withCliName(message, CLI_HERE);
      const unanswered = { server: name, status, code, message: reason, remembered: known !== undefined };
      return { ...nothing, ...known, unanswered };
    };
    if (found === undefined) return nothing;
    if (!found.enabled) {
      const message = `The server "${name}" is disabled. To enable it: metamcp-cli servers enable ${name}`;
      return silent('disabled', new Unavailable('server-disabled', message));
    }
    try {
      const server = serverForKey(principal.key?.credentials, found);
      try {
        return { server: name, ...(await ask(server, { principal, request, late })) };
      } catch (error) {
        if (!(error instanceof AppError) || request.signal.aborted) throw error;
        return silent(
          'fails',
          error === late.reason ? tooLate(name, patienceMs) : error,
          await recall(server, principal),
        );
      }
    } catch (error) {
      if (!(error instanceof AppError) || request.signal.aborted) throw error;
      return silent('fails', error);
    }
  }

  return [
    /**
     * @openapi
     * /api/v1/tools:
     *   get:
     *     operationId: listAllTools
     *     tags: [servers]
     *     summary: Lists the tools of all servers that the key may use
     *     description: |-
     *       Scope `mcp`. Asks the servers, 8 at a time, for 10 seconds at most. Those that did not answer are named in
     *       `unanswered` with the reason; `items` has the tools then that the gateways remember of them.
     *     parameters:
     *       - name: servers
     *         in: query
     *         description: Only these, by their names, separated by commas
     *         explode: false
     *         schema: { type: array, items: { type: string } }
     *     responses:
     *       200:
     *         description: The tools, by server
     *         content: { application/json: { schema: { $ref: '#/components/schemas/AllTools' } } }
     */
    {
      method: 'get',
      path: '/api/v1/tools',
      access: 'mcp',
      query: { servers: 'one' },
      fails: [404, 508],
      async handle(request, principal) {
        via.check(request.headers.via);
        const only = namesOf(request.query.get('servers'));
        const granted = (await grantedServers(db, principal, undefined, MAX_SERVERS)).map(({ name }) => name);
        const missing = only?.find((name) => !granted.includes(name));
        if (missing !== undefined) {
          throw new NotFound('server-not-found', `This key can use no server of the name "${missing}".`);
        }
        const late = new AbortController();
        const timer = setTimeout(() => late.abort(tooLate('', patienceMs)), patienceMs);
        try {
          const shown = await inTurn(only ?? granted, AT_ONCE, (name) => show(name, request, principal, late.signal));
          return { body: documentOf(shown, unprefixed) };
        } finally {
          clearTimeout(timer);
        }
      },
    },
  ];
}

function tooLate(server: string, ms: number): Unavailable {
  const message = `The server "${server}" did not list its tools within ${ms / 1_000} s. To see more: metamcp-cli servers test ${server}`;
  return new Unavailable('upstream-timeout', message, { data: { server } });
}

function namesOf(list: string | null): readonly string[] | undefined {
  const names = list?.split(',').filter((name) => name !== '');
  return names && [...new Set(names)].toSorted();
}

function documentOf(shown: readonly Shown[], unprefixed: string | undefined): AllTools {
  return {
    items: shown.flatMap(({ server, items }) => {
      const prefix = server === unprefixed ? '' : prefixOf(server);
      return items.map((tool) => ({ server, exposed_name: exposedName(prefix, tool.name), tool }));
    }),
    left_out: shown.flatMap(({ server, leftOut }) => leftOut.map((one) => ({ server, ...one }))),
    unanswered: shown.flatMap(({ unanswered }) => unanswered ?? []),
  };
}
