import type { ServerResponse } from 'node:http';
import type { BodyLease } from '../../calls/bodyRoom.ts';
import { AppError } from '../../errors/appError.ts';

/** The room that an answer takes while it is read whole. */
export interface AnswerRoom {
  /** Makes it larger; returns why it can't be. */
  grow(bytes: number): AppError | undefined;
  /** Gives all of it back; it may grow again. */
  release(): void;
}

/** Makes room for an answer until the client has taken it, or has left. */
export function answerRoom(lease: BodyLease, res: ServerResponse): AnswerRoom {
  const release = (): void => {
    lease.release();
  };
  res.once('close', release);
  return {
    grow(bytes) {
      try {
        lease.grow(bytes);
        return undefined;
      } catch (error) {
        if (error instanceof AppError) return error;
        throw error;
      }
    },
    release,
  };
}
