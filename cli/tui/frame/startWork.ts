import type { Job, JobKind, State, Step } from './model.ts';

/** Makes a job. */
export function jobOf<Input, Result>(kind: JobKind<Input, Result>, input: NoInfer<Input>): Job {
  return { kind, input };
}

/** Starts a piece of work. @param message as in: Creating the key */
export function startWork(state: State, job: Job, message: string): readonly [...Step, work: number] {
  const id = state.lastWork + 1;
  const work = [...state.work, { id, job, message, sinceMs: state.nowMs }];
  return [{ ...state, lastWork: id, work }, [{ effect: 'work', work: id, job }], id];
}
