import { expect } from '@jest/globals';
import { replay, type Decider, type DomainEvent } from '../src/domain/decider.js';
import { Refused } from '../src/domain/refused.js';

interface Outcome<Event> {
  /** Exactly these events were decided; none if the command changed nothing. */
  then(...expected: readonly Event[]): void;
  /** The command broke the rule of this code. */
  thenRefused(code: string): void;
}

/**
 * Specs of a decider read `given(opened).when(win, command).then(won)`.
 *
 * `const given = decider(opportunity);`
 */
export function deciderSpec<State, Event extends DomainEvent>(subject: Decider<State, Event>) {
  return (...history: readonly Event[]) => ({
    when<Command>(
      decide: (command: Command, state: State) => readonly Event[],
      command: Command,
    ): Outcome<Event> {
      const decided = () => decide(command, replay(subject, history));
      return {
        then: (...expected) => expect(decided()).toEqual(expected),
        thenRefused: (code) => expect(refusalOf(decided)).toBe(code),
      };
    },
  });
}

function refusalOf(decided: () => unknown): string {
  try {
    return `not refused: ${JSON.stringify(decided())}`;
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}
