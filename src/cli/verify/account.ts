/**
 * What became of the commands that were sent: how many are committed, and whether anything is that
 * nobody sent. Commands are not unique, so they are counted by name.
 */

export interface Account {
  readonly sent: number
  /** How many of the sent ones are committed; one that is there more often counts no more. */
  readonly committed: number
  readonly committedPercent: number
  /** Committed, and sent by nobody. */
  readonly invented: readonly string[]
  /** Committed more often than sent: a repeated datagram, since commands carry no number. */
  readonly repeated: readonly string[]
}

export function accountFor(sent: readonly string[], committed: readonly string[]): Account {
  const times = countByName(sent)
  const invented: string[] = []
  const repeated: string[] = []
  let kept = 0
  for (const [name, count] of countByName(committed)) {
    const wanted = times.get(name) ?? 0
    kept += Math.min(wanted, count)
    if (wanted === 0) invented.push(name)
    else if (count > wanted) repeated.push(name)
  }
  return {
    sent: sent.length,
    committed: kept,
    committedPercent: sent.length === 0 ? 100 : (100 * kept) / sent.length,
    invented,
    repeated,
  }
}

function countByName(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
