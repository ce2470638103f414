import { CLI_HERE, withCliName } from '../cliName.ts';
import type { OnToolChange } from '../events/mcpServer.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { Era } from '../mcp/eras.ts';
import { excerpt } from '../mcp/excerpt.ts';
import type { Tool } from '../mcp/catalogueItems.ts';
import { isJsonObject, type JsonObject } from '../mcp/jsonRpc.ts';
import type { OpenAsGateway } from './openAsGateway.ts';
import { audienceAt } from './audience.ts';
import { recordedKey } from '../events/recordedKey.ts';
import { digestSteps } from './catalogueDigest.ts';
import type { ConfirmedTools } from './confirmedTools.ts';
import type { OfferedCatalogue } from './offeredCatalogue.ts';
import { readCatalogue, type ReadCatalogue } from './readCatalogue.ts';
import type { RememberedCatalogue } from './rememberedCatalogues.ts';
import type { ServerCatalogues } from './serverCatalogues.ts';
import { shellWord } from '../shellWord.ts';
import type { Steps } from '../slices.ts';
import type { ShownTools } from './watchedTools.ts';

/** How long a client waits for a server of which nothing is known yet, in milliseconds. */
const FIRST_READ_MS = 10_000;

/** The member of a tool's `_meta` that says that nobody has approved the tool as it is: `new` or `changed`. */
export const APPROVAL_KEY = 'metamcp/unapproved';

/** Why a tool is not approved. */
export type Unapproved = 'new' | 'changed';

/** What becomes of the tools of a server that nobody has approved as they are now. */
export interface ToolHold {
  /** `flag`: clients get them with a mark. `hold`: they don't get them. */
  readonly effect: Exclude<OnToolChange, 'allow'>;
  /** Finds out why a definition is not approved; undefined: it is. In steps: one may be all of a large list. */
  ofDefinition(tool: JsonObject): Steps<Unapproved | undefined>;
  /** Why a tool is not approved as the server has shown it last; undefined: it is. */
  ofName(tool: string): Unapproved | undefined;
}

/** What a hold is to judge. A list has the definitions in it; for a call, the server is asked for them when that was not done a moment ago. */
export type HoldSubject = 'list' | 'call';

/**
 * Finds what holds tools of a server back; undefined: nothing does.
 * @throws Unavailable when PostgreSQL can't be reached; AppError when the server does not show its tools, for a call
 */
export type FindToolHold = (
  server: LiveServer,
  era: Era,
  subject: HoldSubject,
) => ToolHold | undefined | Promise<ToolHold>;

/** Makes what finds holds: from memory where the server was seen before; else the server is asked first. */
export function createFindToolHold(
  catalogues: Pick<ServerCatalogues, 'find' | 'await' | 'changed'>,
  open: OpenAsGateway,
  confirmed: Pick<ConfirmedTools, 'find' | 'outdate'>,
): FindToolHold {
  const holds = new WeakMap<RememberedCatalogue, ToolHold>();
  const ofCalls = new WeakMap<
    ShownTools,
    { readonly known: RememberedCatalogue | undefined; readonly hold: ToolHold }
  >();
  /** Of which it is known already that a gateway was sent a change. */
  const announced = new WeakSet<RememberedCatalogue>();

  function holdOf(server: string, known: RememberedCatalogue | undefined, effect: ToolHold['effect']): ToolHold {
    const held = known && holds.get(known);
    if (held?.effect === effect) return held;
    const made = createHold(known, effect, () => catalogues.changed(server));
    if (known !== undefined) holds.set(known, made);
    return made;
  }

  function holdOfCall(server: string, known: RememberedCatalogue | undefined, shown: ShownTools): ToolHold {
    const held = ofCalls.get(shown);
    if (held !== undefined && held.known === known) return held.hold;
    const onOther = (): void => catalogues.changed(server);
    const hold = { ...createHold(known, 'hold', onOther), ofName: judgeShown(known, shown, onOther) };
    ofCalls.set(shown, { known, hold });
    return hold;
  }

  /** A call is judged by what the server shows now. */
  function forCall(server: LiveServer, era: Era, known: RememberedCatalogue | undefined): ToolHold | Promise<ToolHold> {
    if (known?.outdated === true && !announced.has(known)) {
      announced.add(known);
      confirmed.outdate(server.name);
    }
    const shown = confirmed.find(server, era);
    if (shown instanceof Promise) return shown.then((now) => holdOfCall(server.name, known, now));
    return holdOfCall(server.name, known, shown);
  }

  return (server, era, subject) => {
    const { name, revision, onToolChange = 'allow' } = server;
    if (onToolChange === 'allow') return undefined;
    const source = {
      server: name,
      revision,
      audience: audienceAt(server, era, {}),
      onToolChange,
      async read(signal: AbortSignal, before: OfferedCatalogue | undefined): Promise<ReadCatalogue> {
        await using upstream = await open(server, era, signal);
        return await readCatalogue(upstream, signal, before);
      },
    };
    const judge = (found: RememberedCatalogue | undefined): ToolHold | Promise<ToolHold> =>
      onToolChange === 'hold' && subject === 'call' ? forCall(server, era, found) : holdOf(name, found, onToolChange);
    const known = catalogues.find(source);
    if (!(known instanceof Promise) && known?.offered !== undefined) return judge(known);
    return catalogues.await(source, AbortSignal.timeout(FIRST_READ_MS)).then(judge);
  };
}

/** Judges tools by what the server has just shown; one that it did not show, by what it showed to other clients. */
function judgeShown(
  known: RememberedCatalogue | undefined,
  { definitions }: ShownTools,
  onOther: () => void,
): ToolHold['ofName'] {
  return (tool) => {
    const approved = known?.approved.get(recordedKey(tool));
    const digest = definitions.get(tool);
    if (digest !== undefined && known?.unapproved.get(tool)?.digest !== digest && approved?.has(digest) !== true)
      onOther();
    if (approved === undefined) return 'new';
    if (digest === undefined) return known?.unapproved.get(tool)?.why;
    return approved.has(digest) ? undefined : 'changed';
  };
}

/** @param onOther called when the server gives a client another definition than the remembered one */
function createHold(known: RememberedCatalogue | undefined, effect: ToolHold['effect'], onOther: () => void): ToolHold {
  const approved = known?.approved;
  const ofName = (tool: string): Unapproved | undefined => {
    if (approved?.has(recordedKey(tool)) !== true) return 'new';
    return known?.unapproved.get(tool)?.why;
  };
  return {
    effect,
    ofName,
    *ofDefinition(tool) {
      const name = String(tool['name']);
      const digest = yield* digestSteps(tool);
      const definitions = approved?.get(recordedKey(name));
      if (definitions?.has(digest) === true) return undefined;
      // An administrator is to see it soon, and calls of it are refused from then on.
      if (known?.unapproved.get(name)?.digest !== digest) onOther();
      return definitions === undefined ? 'new' : 'changed';
    },
  };
}

/** Gives tools as clients get them: those that nobody has approved marked, or left out. */
export function* screenedTools(tools: readonly Tool[], hold: ToolHold): Steps<readonly Tool[]> {
  const screened: Tool[] = [];
  for (const tool of tools) {
    const why = yield* hold.ofDefinition(tool);
    yield;
    if (why === undefined) screened.push(tool);
    if (why === undefined || hold.effect === 'hold') continue;
    const { _meta: meta } = tool;
    screened.push({ ...tool, _meta: { ...(isJsonObject(meta) ? meta : {}), [APPROVAL_KEY]: why } });
  }
  return screened;
}

/** Says why a tool is withheld, and the command that approves it. */
export function withheldText(server: string, tool: string, why: Unapproved | undefined): string {
  const what = why === 'new' ? 'is new' : 'has changed since it was approved';
  const shown = excerpt(tool, []);
  // A name that can't be typed as it stands is approved with the others, after a look at them.
  const words = shown === tool && !tool.startsWith('-') ? shellWord(tool) : '--dry-run';
  const text =
    `The tool "${shown}" ${what}, and it is withheld until an administrator approves it: ` +
    `metamcp-cli servers approve ${server} ${words}`;
  // It is written into answers in the server's place, too, which nobody edits any more.
  return withCliName(text, CLI_HERE);
}
