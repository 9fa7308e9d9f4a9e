/**
 * Who decides under a configuration, worked out anew: the core's own idea of it is among what is
 * checked. Slow and plain.
 */
import type { Configuration, ServerId } from '../../raft/index.ts'

/** More than half of each group is there. */
export function isQuorum(
  { voters, votersOld }: Configuration,
  servers: ReadonlySet<ServerId>,
): boolean {
  return [voters, votersOld ?? voters].every((group) => {
    const there = group.filter((id) => servers.has(id))
    return 2 * there.length > group.length
  })
}

/** Two quorums, one of each, that have no server in common; null where there are none (§4.3). */
export function disjointQuorums(
  a: Configuration,
  b: Configuration,
): readonly [readonly ServerId[], readonly ServerId[]] | null {
  const groups = [a.voters, a.votersOld ?? [], b.voters, b.votersOld ?? []]
  const all = [...new Set(groups.flat())]
  for (let chosen = 0; chosen < 2 ** all.length; chosen++) {
    const some = all.filter((_, i) => (chosen & (1 << i)) !== 0)
    const others = all.filter((_, i) => (chosen & (1 << i)) === 0)
    if (isQuorum(a, new Set(some)) && isQuorum(b, new Set(others))) return [some, others]
  }
  return null
}
