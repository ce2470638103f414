/**
 * A decider: the whole behaviour of one stream category as pure functions.
 * Time and ids arrive in the command; `decide` answers `[]` when things are already so.
 */
export interface Decider<State, Command, Event> {
  /** The first part of the stream's name: `apiKey` in `apiKey-<uuid>`. */
  readonly category: string;
  readonly initial: State;
  /** Of the shape and meaning of the state, which is kept as JSON: raised whenever the same events give another one. */
  readonly stateVersion: number;
  /** Total: no throw, no I/O. */
  readonly evolve: (state: State, event: Event) => State;
  /** @throws Refused, NotFound or Invalid when the command is the caller's fault */
  readonly decide: (command: Command, state: State) => readonly Event[];
}
