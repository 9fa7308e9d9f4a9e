/** The configuration that a play asks for, from what it says of it. */
import type { Configuration, ServerId } from '../../raft/index.ts'
import type { WantedChange } from './command.ts'

/** A configuration, but for its addresses. */
export interface Whole {
  readonly voters: readonly ServerId[]
  readonly learners: readonly ServerId[]
}

/** All of it, not the difference to what a server goes by now. */
export function wholeOf(wanted: WantedChange, { voters, learners }: Configuration): Whole {
  if (wanted.kind === 'whole') return wanted
  const { kind, servers } = wanted
  const isOther = (id: ServerId): boolean => !servers.includes(id)
  if (kind === 'add') return { voters, learners: [...learners, ...servers] }
  if (kind === 'promote') {
    return { voters: [...voters, ...servers], learners: learners.filter(isOther) }
  }
  return { voters: voters.filter(isOther), learners: learners.filter(isOther) }
}
