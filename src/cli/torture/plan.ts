/**
 * What a torture does to a cluster, drawn from its seed: which faults, on whom, for how long, and
 * what pause follows. Pure. How the machine interleaves it is not in the seed, so a seed repeats a
 * plan, not a run.
 */
import { unreachable } from '../../base/assert.ts'
import type { Random } from '../../base/random.ts'

/** A server by its place in the list, or whoever leads when the fault strikes. */
export type Victim = number | 'leader'

/** One blow. Several may be in force at once; each is taken back after `forMs`. */
export type Fault =
  /** SIGKILL, and started again afterwards. */
  | { readonly kind: 'kill'; readonly victims: readonly Victim[]; readonly forMs: number }
  /** Every server at once: only the disks remain. */
  | { readonly kind: 'blackout'; readonly forMs: number }
  /** SIGSTOP, then SIGCONT: a process stands still and does not know it. */
  | { readonly kind: 'pause'; readonly victims: readonly Victim[]; readonly forMs: number }
  /** Nothing passes between the two sides; clients reach both. */
  | { readonly kind: 'partition'; readonly side: readonly number[]; readonly forMs: number }
  | { readonly kind: OneServerFaultKind; readonly victim: Victim; readonly forMs: number }
  /** Every connection of a server breaks at once; `forMs` is 0. */
  | { readonly kind: 'reset'; readonly victim: Victim; readonly forMs: number }
  /** Every link, the clients' too, takes this much longer in each direction. */
  | { readonly kind: 'slow'; readonly delayMs: number; readonly forMs: number }

/**
 * `isolate`: a server and the others lose each other; clients still reach it. `deafen`: what others
 * send to it does not arrive. `mute`: what it sends to others does not arrive. `seclude`: clients
 * and it lose each other. `unanswer`: what clients ask arrives, its answers do not.
 */
export type OneServerFaultKind = 'isolate' | 'deafen' | 'mute' | 'seclude' | 'unanswer'

export type FaultKind = Fault['kind']

export const faultKinds: readonly FaultKind[] = [
  'kill',
  'blackout',
  'pause',
  'partition',
  'isolate',
  'deafen',
  'mute',
  'seclude',
  'unanswer',
  'reset',
  'slow',
]

export interface PlannedFault {
  /** From the beginning of the one before it. */
  readonly afterMs: number
  readonly fault: Fault
}

/** The loss of the leader is the hardest, and a random server is rarely it. */
const leaderShare = 0.5

/** That two servers are struck at once. */
const doubleShare = 0.25

/** From less than an election timeout to several elections. */
const shortestMs = 50
const longestMs = 2500

/** What all servers lose at once they lose briefly: nothing is learned while nobody is there. */
const blackoutMostMs = 500

/** Faults without end: the run takes as many as it has time for. */
export function* plannedFaults(
  random: Random,
  servers: number,
  kinds: readonly FaultKind[] = faultKinds,
): Generator<PlannedFault> {
  for (;;) {
    // All kinds in turn, in an order of the seed, so that a short run has seen many.
    for (const kind of random.shuffle(kinds)) {
      yield { afterMs: random.integer(100, 1500), fault: drawFault(random, kind, servers) }
    }
  }
}

function drawFault(random: Random, kind: FaultKind, servers: number): Fault {
  const forMs = random.integer(shortestMs, longestMs)
  switch (kind) {
    case 'kill':
    case 'pause':
      return { kind, victims: drawVictims(random, servers), forMs }
    case 'isolate':
    case 'deafen':
    case 'mute':
    case 'seclude':
    case 'unanswer':
      return { kind, victim: drawVictim(random, servers), forMs }
    case 'reset':
      return { kind, victim: drawVictim(random, servers), forMs: 0 }
    case 'blackout':
      return { kind, forMs: random.integer(shortestMs, blackoutMostMs) }
    case 'partition':
      return { kind, side: drawSide(random, servers), forMs }
    case 'slow':
      return { kind, delayMs: random.pick([2, 10, 50, 200]), forMs }
    default:
      return unreachable(kind)
  }
}

function drawVictim(random: Random, servers: number): Victim {
  return random.chance(leaderShare) ? 'leader' : random.integer(0, servers - 1)
}

function drawVictims(random: Random, servers: number): readonly Victim[] {
  const first = drawVictim(random, servers)
  return random.chance(doubleShare) ? [first, random.integer(0, servers - 1)] : [first]
}

/** Some of the servers, not all and not none. */
function drawSide(random: Random, servers: number): readonly number[] {
  const places = random.shuffle(Array.from({ length: servers }, (_, place) => place))
  return places.slice(0, random.integer(1, Math.max(1, servers - 1)))
}
