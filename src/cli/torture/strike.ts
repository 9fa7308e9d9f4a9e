/**
 * Carries out the planned faults and takes each back when its time is over; at the end everything
 * is whole again and every server is up.
 */
import { unreachable } from '../../base/assert.ts'
import { sleep } from '../processes/waiting.ts'
import {
  type Breakage,
  deafness,
  muteness,
  type Network,
  partition,
  seclusion,
  slowness,
  unansweredness,
} from './network.ts'
import {
  type Fault,
  type FaultKind,
  faultKinds,
  type OneServerFaultKind,
  type PlannedFault,
  type Victim,
} from './plan.ts'

/** The cluster, as far as faults concern it. */
export interface StrikeTarget {
  /** Places for servers, not all of which need have one. */
  readonly size: number
  readonly network: Network
  /** The name of the server that is at the place; null where there is none. */
  idAt(place: number): string | null
  /** The leader's place as it is known now; null where nobody knows. */
  leader(): number | null
  /** Up: it listens, though it may stand still. */
  isUp(place: number): boolean
  isPaused(place: number): boolean
  kill(place: number): Promise<void>
  start(place: number): Promise<void>
  pause(place: number): void
  resume(place: number): void
  /** Breaks every connection to and from the server. */
  reset(place: number): void
  /** Told of each fault that strikes, with the places that it strikes. */
  struck(fault: Fault, places: readonly number[]): void
}

export type FaultCounts = Readonly<Record<FaultKind, number>>

/** Strikes until `over`, then puts all right. Rejects where a server does not start. */
export async function strike(
  plan: Iterable<PlannedFault>,
  target: StrikeTarget,
  over: AbortSignal,
): Promise<FaultCounts> {
  const counts = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<
    FaultKind,
    number
  >
  const inForce = new Set<Promise<void>>()
  let problem: unknown = null
  for (const { afterMs, fault } of plan) {
    await rest(afterMs, over)
    if (over.aborted || problem !== null) break
    const places = placesOf(fault, target)
    if (places.length === 0) continue
    counts[fault.kind] += 1
    target.struck(fault, places)
    const done: Promise<void> = hold(fault, places, target, over)
      .catch((error) => {
        problem ??= error
      })
      .finally(() => inForce.delete(done))
    inForce.add(done)
  }
  await Promise.all(inForce)
  if (problem !== null) throw problem
  return counts
}

/** Whom the fault strikes now: nobody, where those that are meant are down already. */
function placesOf(fault: Fault, target: StrikeTarget): number[] {
  const all = Array.from({ length: target.size }, (_, place) => place)
  const placeOf = (victim: Victim): number | null =>
    victim === 'leader' ? target.leader() : victim
  switch (fault.kind) {
    case 'slow':
      return all.filter((place) => target.idAt(place) !== null)
    case 'partition':
      return fault.side.filter((place) => target.idAt(place) !== null)
    case 'blackout':
      return all.filter((place) => target.isUp(place))
    case 'kill':
    case 'pause': {
      const meant = new Set(fault.victims.map(placeOf))
      const isHit = (place: number): boolean =>
        target.isUp(place) && !(fault.kind === 'pause' && target.isPaused(place))
      return all.filter((place) => meant.has(place) && isHit(place))
    }
    default: {
      const place = placeOf(fault.victim)
      return place !== null && target.isUp(place) ? [place] : []
    }
  }
}

function hold(
  fault: Fault,
  places: readonly number[],
  target: StrikeTarget,
  over: AbortSignal,
): Promise<void> {
  const { network } = target
  const ids = places.map((place) => target.idAt(place) as string)
  switch (fault.kind) {
    case 'slow':
      return holdBroken(network, slowness(fault.delayMs), fault.forMs, over)
    case 'partition':
      return holdBroken(network, partition(new Set(ids)), fault.forMs, over)
    case 'kill':
    case 'blackout':
      return holdDown(target, places, fault.forMs, over)
    case 'pause':
      return holdStill(target, places, fault.forMs, over)
    case 'reset':
      for (const place of places) target.reset(place)
      return Promise.resolve()
    default:
      return holdBroken(network, breakageOf(fault.kind, ids[0] as string), fault.forMs, over)
  }
}

function breakageOf(kind: OneServerFaultKind, id: string): Breakage {
  switch (kind) {
    case 'isolate':
      return partition(new Set([id]))
    case 'deafen':
      return deafness(id)
    case 'mute':
      return muteness(id)
    case 'seclude':
      return seclusion(id)
    case 'unanswer':
      return unansweredness(id)
    default:
      return unreachable(kind)
  }
}

async function holdBroken(
  network: Network,
  breakage: Breakage,
  forMs: number,
  over: AbortSignal,
): Promise<void> {
  network.add(breakage)
  await rest(forMs, over)
  network.remove(breakage)
}

async function holdStill(
  target: StrikeTarget,
  places: readonly number[],
  forMs: number,
  over: AbortSignal,
): Promise<void> {
  for (const place of places) target.pause(place)
  await rest(forMs, over)
  for (const place of places) target.resume(place)
}

async function holdDown(
  target: StrikeTarget,
  places: readonly number[],
  forMs: number,
  over: AbortSignal,
): Promise<void> {
  await Promise.all(places.map((place) => target.kill(place)))
  await rest(forMs, over)
  await Promise.all(places.map((place) => target.start(place)))
}

/** As long as planned, or until it is over. */
async function rest(ms: number, over: AbortSignal): Promise<void> {
  if (over.aborted) return
  await sleep(ms, over).catch((error) => {
    if (!over.aborted) throw error
  })
}
