/** How the nemesis strikes disks. What a disk may be made to forget is the atlas's to say. */
import type { Milliseconds } from '../raft/index.ts'
import type { FaultKind } from './faults.ts'
import type { Nemesis } from './nemesis.ts'
import type { SimServer } from './sim-server.ts'

export function strikeDisk(nemesis: Nemesis, kind: FaultKind, forMs: Milliseconds): void {
  switch (kind) {
    case 'slowDisks':
      slow(nemesis, nemesis.victim(), forMs)
      break
    case 'hungDisks':
      hang(nemesis, nemesis.victim(), forMs)
      break
    case 'failingDisks':
      fail(nemesis, nemesis.victim(), forMs)
      break
    case 'fullDisks':
      fill(nemesis, nemesis.victim(), forMs)
      break
    default:
      damage(nemesis, kind, forMs)
      break
  }
}

function slow(nemesis: Nemesis, { disk, place }: SimServer, forMs: Milliseconds): void {
  if (disk.slowness > 1) return
  disk.slowness = nemesis.random.pick([5, 20, 100])
  nemesis.note('slowDisks', place, `its disk is ${disk.slowness} times as slow`)
  nemesis.later(forMs, () => {
    disk.slowness = 1
  })
}

function hang(nemesis: Nemesis, { disk, place }: SimServer, forMs: Milliseconds): void {
  if (disk.isHung) return
  disk.isHung = true
  nemesis.note('hungDisks', place, `its disk hangs for ${forMs.toFixed(0)} ms`)
  nemesis.later(forMs, () => disk.unhang())
}

/** A few writes to come fail, or nothing can be read at a start. */
function fail(nemesis: Nemesis, { disk, place }: SimServer, forMs: Milliseconds): void {
  if (nemesis.random.chance(0.7)) {
    disk.failuresToCome = nemesis.random.integer(1, 3)
    nemesis.note('failingDisks', place, `the next ${disk.failuresToCome} writes will fail`)
    return
  }
  disk.isUnreadable = true
  nemesis.note('failingDisks', place, 'its disk cannot be read')
  nemesis.later(forMs, () => {
    disk.isUnreadable = false
  })
}

function fill(nemesis: Nemesis, { disk, place }: SimServer, forMs: Milliseconds): void {
  if (disk.isFull) return
  const roomBytes = nemesis.random.pick([0, 0, 500, 5000, 50_000])
  disk.fill(roomBytes, nemesis.random.chance(0.3))
  const room = `has room for ${roomBytes} bytes more`
  nemesis.note('fullDisks', place, `its disk ${room}, for ${forMs.toFixed(0)} ms`)
  nemesis.later(forMs, () => disk.empty())
}

function damage(nemesis: Nemesis, kind: FaultKind, forMs: Milliseconds): void {
  const { random, world } = nemesis
  const { atlas } = world
  if (atlas.frail.length === 0) return
  const server = world.servers[random.pick(atlas.frail)] as SimServer
  const { disk, place } = server
  if (server.isDoomed) return
  atlas.damage(place)
  if (kind === 'lyingDisks') {
    disk.isLying = true
    atlas.lies(place)
    nemesis.note(kind, place, `its disk reports syncs that it does not do`)
    nemesis.later(forMs, () => {
      disk.isLying = false
    })
  } else if (kind === 'bitFlips') {
    for (let flips = random.pick([1, 1, 1, 3, 10]); flips > 0; flips--) {
      const where = disk.flipBit()
      if (where !== null) nemesis.note(kind, place, `a bit flips in ${where}`)
    }
  } else {
    nemesis.note('lostDisks', place, 'its disk is lost with all that was on it')
    server.isDoomed = true
    if (server.life !== null) server.crash('power')
    disk.wipe()
  }
}
