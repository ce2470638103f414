import { Refused } from '../errors/appError.ts';
import type { StreamRepairEvent } from '../events/streamRepair.ts';
import type { Decider } from './decider.ts';

// Commands. The id is the name of the repaired stream.

export type StreamRepairCommand =
  | {
      readonly type: 'Skip';
      readonly revision: number;
      readonly eventId: string;
      readonly eventType: string;
      readonly reason: string;
    }
  | {
      readonly type: 'Retire';
      readonly final: boolean;
      readonly deks: readonly string[];
      readonly reason?: string | undefined;
    }
  | { readonly type: 'Reinstate'; readonly reason?: string | undefined }
  | { readonly type: 'AcceptLoss' };

// State

export interface StreamRepairState {
  /** By revision; the id tells the event that was looked at from another one that came to stand there. */
  readonly skipped: readonly { readonly revision: number; readonly eventId: string }[];
  readonly retired: 'no' | 'until reinstated' | 'for good';
  /** Somebody has gone on without events of it. */
  readonly lossAccepted: boolean;
}

// Evolve

function evolve(state: StreamRepairState, event: StreamRepairEvent): StreamRepairState {
  switch (event.type) {
    case 'EventSkipped': {
      const { revision, eventId } = event.data;
      const others = state.skipped.filter((each) => each.revision !== revision);
      return { ...state, skipped: [...others, { revision, eventId }] };
    }
    case 'StreamRetired':
      if (state.retired === 'for good') return state;
      return { ...state, retired: event.data.final ? 'for good' : 'until reinstated' };
    case 'LossAccepted':
      return { ...state, lossAccepted: true };
    case 'StreamReinstated':
      return state.retired === 'for good' ? state : { ...state, retired: 'no' };
  }
}

// Decide

function decide(command: StreamRepairCommand, state: StreamRepairState): StreamRepairEvent[] {
  switch (command.type) {
    case 'Skip': {
      const { revision, eventId, eventType, reason } = command;
      if (state.skipped.some((each) => each.revision === revision && each.eventId === eventId)) return [];
      return [{ type: 'EventSkipped', data: { revision, eventId, type: eventType, reason } }];
    }
    case 'Retire': {
      const { final, deks, reason } = command;
      if (state.retired === 'for good' || (state.retired === 'until reinstated' && !final)) return [];
      return [{ type: 'StreamRetired', data: { final, deks: [...deks], reason } }];
    }
    case 'AcceptLoss':
      return state.lossAccepted ? [] : [{ type: 'LossAccepted', data: {} }];
    case 'Reinstate':
      if (state.retired === 'no') return [];
      refuseRetiredForGood(state);
      return [{ type: 'StreamReinstated', data: { reason: command.reason } }];
  }
}

/** Its secrets are destroyed. @throws Refused `stream-retired-for-good` */
export function refuseRetiredForGood({ retired }: StreamRepairState): void {
  if (retired !== 'for good') return;
  throw new Refused(
    'stream-retired-for-good',
    'It was retired for good, and its secrets are destroyed: nothing brings it back. Make a new one, with another name if it is a server.',
  );
}

/** What an operator may decide about a stream whose own history can't be folded. */
export const streamRepair: Decider<StreamRepairState, StreamRepairCommand, StreamRepairEvent> = {
  category: 'streamRepair',
  initial: { skipped: [], retired: 'no', lossAccepted: false },
  stateVersion: 1,
  evolve,
  decide,
};
