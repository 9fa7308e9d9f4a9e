/**
 * How a start goes: whether the process lives, and whether it may go on with what its disk holds.
 * A disk that was damaged may have cost what was acknowledged, and then the server stays down, or
 * is filled again by the others.
 */
import type { Random } from '../base/random.ts'
import type { Recovered } from '../ports/index.ts'
import { StorageError } from '../storage/index.ts'
import type { StillBorn } from './life.ts'
import type { SimServer } from './sim-server.ts'
import type { World } from './world.ts'

/** What stands on a disk once a server has started on it. */
const identityName = 'identity.json'

/**
 * As an operator does who is told that the log is damaged: now and then it is left at that, and
 * otherwise the server is started to be filled again, where its disk has never lied about what is
 * durable.
 */
export function openAsOperator<Log>(
  { atlas, marks, trace }: World,
  owner: SimServer,
  random: Random,
  open: (refill: boolean) => Log,
): Log {
  try {
    return open(false)
  } catch (error) {
    const isDamage = error instanceof StorageError && error.message.includes('the option refill')
    if (!isDamage || owner.disk.errorsGiven > 0 || owner.disk.hasEnded) throw error
    if (!atlas.mayBeRefilled(owner.place) || random.chance(0.2)) throw error
    trace.add('fault', owner.place, `is to be filled again: ${error.message}`, null)
    marks.hit('damaged log given up')
    return open(true)
  }
}

/** The storage could not be opened. */
export function bootFailed(world: World, owner: SimServer, error: unknown): StillBorn {
  const { marks, trace, atlas } = world
  if (owner.disk.hasEnded) {
    marks.hit('restart ended in the middle')
    return 'ended'
  }
  if (!(error instanceof StorageError)) throw error
  trace.add('fault', owner.place, error.message, null)
  // Only what was never begun may fail for want of space.
  const mustStart = owner.disk.files.has(identityName) && !atlas.isDamaged(owner.place)
  if (error.code === 'FULL' && mustStart) {
    world.fail('a full disk stops no server', `${owner.id} does not start: ${error.message}`)
    return 'refused'
  }
  if (owner.disk.errorsGiven > 0) {
    marks.hit(error.code === 'FULL' ? 'restart failed for want of space' : 'restart failed')
    return 'refused'
  }
  if (atlas.isDamaged(owner.place)) {
    marks.hit('damage found at restart')
    return 'doomed'
  }
  world.fail('a server stops only for a reason', `${owner.id} does not start: ${error.message}`)
  return 'refused'
}

/** Whether a server may live on with what its disk held. */
export function mayBegin(
  { marks, trace, atlas, checkers }: World,
  owner: SimServer,
  recovered: Recovered,
  notes: readonly string[],
): boolean {
  for (const note of notes) trace.add('fault', owner.place, note, null)
  if (notes.length > 0) marks.hit('restart cut off a torn tail')
  if (!atlas.isDamaged(owner.place)) {
    checkers.restarted(owner.id, recovered)
    return true
  }
  if (atlas.mayBeRefilled(owner.place) && checkers.beginsAnew(owner.id, recovered)) return true
  const wrong = checkers.booksDisagree(owner.id, recovered)
  if (wrong === null) {
    marks.hit('damage did no harm')
    return true
  }
  marks.hit('damage cost an acknowledged tail')
  trace.add('fault', owner.place, wrong, null)
  return false
}
