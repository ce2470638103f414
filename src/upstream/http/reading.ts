import type { JsonBounds } from '../../mcp/jsonCost.ts';
import type { RequestBounds } from '../requestBounds.ts';
import type { Room } from '../room.ts';
import type { SideMessage } from '../upstream.ts';
import type { HttpTarget } from './target.ts';

/** How an answer is read. */
export interface Reading {
  readonly target: HttpTarget;
  readonly bounds: RequestBounds;
  /** The id of the request that waits for a response; undefined: none does. */
  readonly awaited: number | undefined;
  /** What the answer may cost. (Default: as much as any message) */
  readonly answerBounds?: JsonBounds | undefined;
  /** Makes what the reader gets of a message that is not the response; undefined: nothing. (Default: nothing of any) */
  readonly admit?: ((message: SideMessage) => SideMessage | undefined) | undefined;
  /** (Default: that of the target) */
  readonly leaseRoom?: (() => Room) | undefined;
  /** The answer is a stream without an end of its own: once it has begun, no time-out ends it. */
  readonly isStanding?: boolean | undefined;
  /** Called when such a stream has begun. */
  readonly onStanding?: (() => void) | undefined;
}
