/**
 * Makes a play that breaks something as short as it will go: whole stretches of lines are left out
 * as long as the same guarantee still breaks (Zeller's delta debugging), then single lines, then
 * whole servers.
 */
import type { ServerId } from '../../raft/index.ts'
import type { Observe } from '../scenario/observer.ts'
import { type Performed, play, type Sought } from './play.ts'

/** Plays these lines among these servers, as the one that broke was played. */
type Again = (ids: readonly ServerId[], lines: readonly string[]) => Performed

/** A play that ends in a breach. */
export interface Broken {
  readonly ids: readonly ServerId[]
  readonly performed: Performed
}

/** The shortest play that was found to break the same guarantee. */
export function shrink(broken: Broken, observe?: Observe, sought?: Sought): Broken {
  const again: Again = (ids, lines) => play(ids, lines, observe, sought)
  let best = broken
  for (;;) {
    const shorter = withoutServers(withoutLines(best, again), again)
    if (lengthOf(shorter) >= lengthOf(best)) return shorter
    best = shorter
  }
}

function lengthOf({ ids, performed }: Broken): number {
  return performed.lines.length + ids.length
}

function withoutLines(broken: Broken, again: Again): Broken {
  let best = broken
  let stretch = Math.ceil(linesOf(best).length / 2)
  while (stretch >= 1) {
    const before = linesOf(best).length
    for (let at = linesOf(best).length - stretch; at > -stretch; at -= stretch) {
      const lines = linesOf(best).filter((_, i) => i < at || i >= at + stretch)
      best = tried(best, best.ids, lines, again)
    }
    if (stretch > 1 || linesOf(best).length === before) stretch = Math.floor(stretch / 2)
  }
  return best
}

/** The servers that no line is about may not be needed; three are worth having. */
function withoutServers(broken: Broken, again: Again): Broken {
  let best = broken
  for (const id of broken.ids) {
    if (best.ids.length <= 3) return best
    const ids = best.ids.filter((other) => other !== id)
    const mentions = new RegExp(`(^|[\\s→])${id}($|[\\s→])`, 'u')
    best = tried(
      best,
      ids,
      linesOf(best).filter((line) => !mentions.test(line)),
      again,
    )
  }
  return best
}

/** Without the line that names the servers. */
function linesOf({ performed }: Broken): readonly string[] {
  return performed.lines.slice(1)
}

/** The other play, if it is shorter and breaks the same. */
function tried(
  best: Broken,
  ids: readonly ServerId[],
  lines: readonly string[],
  again: Again,
): Broken {
  const performed = again(ids, lines)
  if (performed.breach?.invariant !== best.performed.breach?.invariant) return best
  const other = { ids, performed }
  return lengthOf(other) < lengthOf(best) ? other : best
}
