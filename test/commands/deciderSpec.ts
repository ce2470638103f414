import { expect } from 'vitest';
import type { Decider } from '../../src/commands/decider.ts';

/** Given/when/then for a decider: given events, when a command, then these events or this error code. */
export function decisions<State, Command, Event>(decider: Decider<State, Command, Event>) {
  return (...given: Event[]) => {
    const state = given.reduce(decider.evolve, decider.initial);
    return {
      when: (command: Command) => ({
        then: (...events: Event[]) => expect(decider.decide(command, state)).toEqual(events),
        thenNothing: () => expect(decider.decide(command, state)).toEqual([]),
        thenRefused: (code: string) =>
          expect(() => decider.decide(command, state)).toThrow(expect.objectContaining({ code })),
      }),
    };
  };
}
