import {
  screenedTools,
  withheldText,
  type FindToolHold,
  type HoldSubject,
  type ToolHold,
} from '../../catalogue/toolHolds.ts';
import type { LiveServer } from '../../live/liveServer.ts';
import { INVALID_PARAMS } from '../../mcp/errorCodes.ts';
import type { Era } from '../../mcp/eras.ts';
import { inSlices, type Steps } from '../../slices.ts';
import { errorAnswer } from '../../upstream/answers.ts';
import type { MemberHold } from '../../upstream/aggregate/member.ts';
import type { Tool } from '../../mcp/catalogueItems.ts';
import type { Listing } from '../../upstream/lists.ts';
import type { UpstreamAnswer } from '../../upstream/upstream.ts';

/** Makes what holds tools of a server back in the aggregate; undefined where its settings hold none. */
export function createMemberHold(
  server: LiveServer,
  era: Era,
  findHold: FindToolHold | undefined,
): MemberHold | undefined {
  if (findHold === undefined || (server.onToolChange ?? 'allow') === 'allow') return undefined;
  /** What was made of a list, so that it is merged and compared once. */
  const screened = new WeakMap<ToolHold, WeakMap<Listing<Tool>, Screened>>();

  function screen(hold: ToolHold | undefined, listing: Listing<Tool>): Screened {
    if (hold === undefined) return listing;
    const known = screened.get(hold) ?? new WeakMap<Listing<Tool>, Screened>();
    screened.set(hold, known);
    const before = known.get(listing);
    if (before !== undefined) return before;
    const made = inSlices(screenSteps(listing, hold));
    known.set(listing, made);
    if (made instanceof Promise) {
      made.then(
        (done) => known.set(listing, done),
        () => known.delete(listing),
      );
    }
    return made;
  }

  function judge(hold: ToolHold | undefined, tool: string): UpstreamAnswer | undefined {
    const why = hold?.effect === 'hold' ? hold.ofName(tool) : undefined;
    if (why === undefined) return undefined;
    return errorAnswer(INVALID_PARAMS, withheldText(server.name, tool, why), { code: 'tool-withheld' });
  }

  function withHold<T>(subject: HoldSubject, use: (hold: ToolHold | undefined) => T | Promise<T>): T | Promise<T> {
    const found = findHold?.(server, era, subject);
    return found instanceof Promise ? found.then(use) : use(found);
  }

  return {
    screen: (listing) => withHold('list', (hold) => screen(hold, listing)),
    judge: (tool) => withHold('call', (hold) => judge(hold, tool)),
  };
}

type Screened = Listing<Tool> | Promise<Listing<Tool>>;

function* screenSteps(listing: Listing<Tool>, hold: ToolHold): Steps<Listing<Tool>> {
  return { ...listing, items: yield* screenedTools(listing.items, hold) };
}
