import type { CommandHandler } from '../commands/handle.ts';
import { streamForeign, streamHidden } from '../commands/streamRefusals.ts';
import { streamRepair } from '../commands/streamRepair.ts';
import { Invalid, NotFound, Refused } from '../errors/appError.ts';
import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import { FORGED, isForged } from '../events/forgery.ts';
import { decodeOrReason, beginsStream } from '../events/knownEvent.ts';
import type { CommandContext } from '../events/metadata.ts';
import { repairedStream, subjectOf } from '../events/streamName.ts';
import { streamRepairEvents } from '../events/streamRepair.ts';
import type { Queryable } from '../postgres/database.ts';
import { listUnreadableOf } from '../projections/tables/unreadableEvents.ts';
import type { CommandResult, Enforcement } from './enforcement.ts';

/** An event that readers pass by from now on. */
export interface SkippedEvent extends CommandResult {
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  /** Why it can't be read: a phrase. */
  readonly fault: string;
}

/** What an operator can do about histories that can't be read. */
export interface StreamRepairs {
  /**
   * Has all readers pass an event by that can't be read.
   * @throws Invalid `stream-invalid`; NotFound `event-not-found`; Refused `event-readable`, `stream-foreign`, `stream-hidden`;
   * Unavailable
   */
  skip(stream: string, revision: number, reason: string, context: CommandContext): Promise<SkippedEvent>;
  /** Records that streams lost events and that somebody has gone on without them: the audit then knows why. @throws Unavailable */
  acceptLoss(streams: readonly string[], context: CommandContext): Promise<void>;
}

export interface StreamRepairsOptions {
  readonly db: Queryable;
  readonly events: EventStore;
  readonly commands: CommandHandler;
  readonly enforcement: Pick<Enforcement, 'enforce'>;
}

/** Makes the repairs of streams. */
export function createStreamRepairs({ db, events, commands, enforcement }: StreamRepairsOptions): StreamRepairs {
  async function eventOf(stream: string, from: number): Promise<RecordedEvent | undefined> {
    for await (const event of events.readStream(stream, { from, limit: 1 })) return event;
    return undefined;
  }

  /** @returns why it can't be read: what reading it says, or what a table said that could not take it */
  async function faultOf(event: RecordedEvent): Promise<string> {
    const { stream, revision, type } = event;
    if (isForged(event)) return FORGED;
    const read = decodeOrReason(event);
    if (typeof read === 'string') return read;
    const noted = (await listUnreadableOf(db, stream)).find((each) => each.revision === revision);
    if (noted !== undefined) return noted.reason;
    throw new Refused('event-readable', `The event ${type} at ${stream}@${revision} can be read: nothing is skipped.`, {
      data: { stream, revision, type },
    });
  }

  return {
    async skip(stream, revision, reason, context) {
      if (subjectOf(stream) === undefined || repairedStream(stream) !== undefined) {
        throw new Invalid('stream-invalid', `${stream} is not the name of a key’s or a server’s stream.`);
      }
      const first = await eventOf(stream, 0);
      const event = await eventOf(stream, revision);
      if (event?.revision !== revision) {
        throw new NotFound('event-not-found', `There is no event at ${stream}@${revision}.`);
      }
      if (first?.revision !== 0) throw streamHidden(stream, 'its beginning is not there');
      if (!beginsStream(first)) throw streamForeign(stream);
      const { id: eventId, type } = event;
      const fault = await faultOf(event);
      const command = { type: 'Skip', revision, eventId, eventType: type, reason } as const;
      const { position, changed } = await commands.handle(streamRepair, streamRepairEvents, stream, command, context);
      const result = await enforcement.enforce({ stream, revision, position, changed });
      return { ...result, stream, revision, type, fault };
    },
    async acceptLoss(streams, context) {
      for (const stream of streams) {
        // A repair stream has none beside it.
        if (subjectOf(stream) === undefined || repairedStream(stream) !== undefined) continue;
        await commands.handle(streamRepair, streamRepairEvents, stream, { type: 'AcceptLoss' }, context);
      }
    },
  };
}
