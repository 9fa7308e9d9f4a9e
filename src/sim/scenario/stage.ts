/**
 * Where a play is performed: servers of one protocol and their surroundings, as the performance
 * sees them.
 */
import type { Breach, Command, SetupCommand } from './command.ts'
import type { Problem } from './scenario-error.ts'

export type ActionCommand = Exclude<Command, SetupCommand>

export interface Stage {
  /** Throws a {@link Problem} where it cannot be done. */
  act(command: ActionCommand): void
  /** What `commands` do happens in one turn. */
  together(commands: () => void): void
  /** What came of it since the last call; what is counted is counted anew from here. */
  takeOutput(): string[]
  /** Guarantees that were broken and did not end the play, oldest first. */
  readonly breaches: readonly Breach[]
  /** That things have come to where they can never go on, in a protocol that may get there. */
  readonly stuck: Breach | null
  /** What is wrong with the play as a whole, now that it is over. */
  end(): Problem | null
}
