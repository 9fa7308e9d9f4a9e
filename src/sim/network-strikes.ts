/** How a nemesis strikes the network: links that are cut or clogged, and mended after a while. */
import type { Random } from '../base/random.ts'
import type { Milliseconds, ServerId } from '../raft/index.ts'
import type { FaultKind } from './faults.ts'
import type { Link, SimNetwork } from './sim-network.ts'
import { bothWays, bridge, fewLinks, oneAndRest, oneWay, places, twoGroups } from './topology.ts'

/** A server to be struck, by its place among the servers. */
interface Struck {
  readonly place: number
}

/** What of a nemesis and its world is needed for it. */
export interface NetworkStriker {
  readonly random: Random
  readonly world: {
    readonly servers: readonly Struck[]
    readonly serverIds: readonly ServerId[]
    readonly network: Pick<SimNetwork, 'cut' | 'mend' | 'clog' | 'unclog'>
    readonly trace: { add(kind: 'fault', server: number, what: unknown, detail: unknown): void }
  }
  later(delayMs: Milliseconds, action: () => void): void
  note(kind: FaultKind, server: number, what: string): void
  victim(): Struck
}

export function strikeNetwork(
  nemesis: NetworkStriker,
  kind: FaultKind,
  forMs: Milliseconds,
  victim: Struck = nemesis.victim(),
): void {
  const { servers } = nemesis.world
  if (servers.length < 2) return
  if (kind === 'clogs') swizzle(nemesis, forMs)
  else cut(nemesis, kind, cutsOf(nemesis, kind, victim), forMs)
}

function cutsOf({ random, world }: NetworkStriker, kind: FaultKind, victim: Struck): Link[] {
  const count = world.servers.length
  const [some, others] = random.chance(0.5)
    ? twoGroups(random, count)
    : oneAndRest(victim.place, count)
  if (kind === 'linkCuts') return fewLinks(random, count)
  if (kind === 'bridges' && count > 2) return bridge(random, count)
  if (kind === 'oneWayCuts') {
    return random.chance(0.5) ? oneWay(some, others) : oneWay(others, some)
  }
  if (kind === 'ambushes') return bothWays(...oneAndRest(victim.place, count))
  return bothWays(some, others)
}

function cut(nemesis: NetworkStriker, kind: FaultKind, links: Link[], forMs: Milliseconds): void {
  const { network, serverIds, trace } = nemesis.world
  const names = links.map(({ from, to }) => `${serverIds[from]}→${serverIds[to]}`).join(' ')
  nemesis.note(kind, -1, `cut for ${forMs.toFixed(0)} ms: ${names}`)
  network.cut(links)
  nemesis.later(forMs, () => {
    trace.add('fault', -1, `mended: ${names}`, null)
    network.mend(links)
  })
}

/** Servers are clogged one after the other, and freed in another order. */
function swizzle(nemesis: NetworkStriker, forMs: Milliseconds): void {
  const { random, world } = nemesis
  const { network, servers, trace } = world
  const all = places(servers.length)
  const chosen = random.shuffle(all).slice(0, random.integer(1, all.length))
  for (const place of chosen) {
    const links = bothWays([place], all)
    const from = random.float() * forMs
    const to = forMs + random.float() * forMs
    nemesis.later(from, () => {
      nemesis.note('clogs', place, `is clogged for ${(to - from).toFixed(0)} ms`)
      network.clog(links)
    })
    nemesis.later(to, () => {
      trace.add('fault', place, 'is no longer clogged', null)
      network.unclog(links)
    })
  }
}
