/**
 * Snapshots of whole replicas (§5.1): when they are taken, what is in them, what becomes of the
 * log, and how a server that needs what is gone comes by it.
 */
import { describe, expect, test } from 'vitest'
import { defaultSnapshotOptions, snapshotOptions } from '../../src/server/index.ts'
import { keepAliveRequest } from '../../src/wire/index.ts'
import { type Inhabitant, ReplicaWorld, said, type WorldSetup } from './replicas.ts'

const often: WorldSetup = {
  snapshots: { logBytesMin: 500, logGrowth: 1 },
  // A server that was away must not depose the leader when it comes back.
  raft: { trailingEntriesMax: 2, snapshotChunkBytesMax: 40, preVote: true },
}

/** So many commands, one after the other. */
function write(world: ReplicaWorld, leader: Inhabitant, count: number, name = 'note'): void {
  for (let i = 1; i <= count; i++) {
    const asked = world.request(leader, `${name}${i}`)
    world.runUntil(() => asked.response !== null, 'a command is answered')
    expect(said(asked)).toMatch(/^ok/)
  }
}

function covered({ storage }: Inhabitant): number {
  return storage.snapshots.latest?.lastIndex ?? 0
}

/** One server away while the others write, and their logs begin after what it has. */
function worldWithOneBehind(setup: WorldSetup = often): [ReplicaWorld, Inhabitant, Inhabitant] {
  const world = new ReplicaWorld(setup)
  const [leader, behind] = world.electAmong() as [Inhabitant, Inhabitant]
  write(world, leader, 2, 'early')
  world.cutOff.add(behind.id)
  write(world, leader, 60)
  expect(leader.replica.state.log.baseIndex).toBeGreaterThan(behind.replica.state.log.lastIndex)
  return [world, leader, behind]
}

function isLevel(one: Inhabitant, other: Inhabitant): boolean {
  return one.replica.lastApplied === other.replica.lastApplied
}

describe('a snapshot is taken', () => {
  test('when the log has grown by enough bytes, and the log then begins after it', () => {
    const world = new ReplicaWorld(often)
    const leader = world.elect()
    write(world, leader, 5)
    expect(leader.storage.snapshots.latest).toBeNull()
    write(world, leader, 40)
    for (const server of world.all) {
      world.runUntil(() => isLevel(server, leader), 'all have applied all')
      expect(covered(server)).toBeGreaterThan(0)
      expect(server.replica.state.log.baseIndex).toBe(covered(server) - 2)
    }
  })

  test('after so many entries, however small they are', () => {
    const setup = { snapshots: { logEntriesMax: 10 }, raft: { trailingEntriesMax: 0 } }
    const world = new ReplicaWorld(setup)
    const leader = world.elect()
    write(world, leader, 8)
    expect(covered(leader)).toBe(0)
    write(world, leader, 12)
    expect(leader.replica.state.log.baseIndex).toBeGreaterThanOrEqual(10)
  })

  test('on a quiet cluster, whose log grows by keep-alives alone', () => {
    const world = new ReplicaWorld({ snapshots: { logBytesMin: 400 } })
    const leader = world.elect()
    const clientId = world.register(leader)
    for (let i = 0; i < 20; i++) {
      world.askNow(leader, keepAliveRequest(world.nextRequestId(), clientId))
      world.run(1000)
    }
    for (const server of world.all) expect(covered(server)).toBeGreaterThan(0)
  })

  test('in proportion to the state, and never later than the log may grow', () => {
    const counts = [1, 1_000_000].map((logGrowth) => {
      const setup = { snapshots: { logBytesMin: 200, logBytesMax: 2000, logGrowth } }
      const world = new ReplicaWorld(setup)
      const leader = world.elect()
      let taken = 0
      for (let i = 0; i < 150; i++) {
        const before = covered(leader)
        write(world, leader, 1, 'a note that is longer than others ')
        if (covered(leader) > before) taken += 1
      }
      return taken
    })
    const [proportional, rare] = counts as [number, number]
    expect(rare).toBeGreaterThan(3)
    expect(proportional).toBeGreaterThan(rare)
  })

  test('when it is asked for, unless there is nothing new', () => {
    const world = new ReplicaWorld({ snapshots: {} })
    const leader = world.elect()
    write(world, leader, 3)
    leader.replica.takeSnapshot()
    world.settle()
    const { latest } = leader.storage.snapshots
    expect(latest?.lastIndex).toBe(leader.replica.lastApplied)
    leader.replica.takeSnapshot()
    world.settle()
    expect(leader.storage.snapshots.latest).toBe(latest)
  })

  test('never where there is no place for it', () => {
    const world = new ReplicaWorld({})
    const leader = world.elect()
    leader.replica.takeSnapshot()
    write(world, leader, 50)
    expect(leader.replica.state.log.baseIndex).toBe(0)
  })
})

describe('a server that comes back', () => {
  test('has its state from the snapshot and the log after it', () => {
    const world = new ReplicaWorld(often)
    const leader = world.elect()
    write(world, leader, 45)
    const index = covered(leader)
    const reborn = world.restart(leader)
    expect(reborn.events).toContain(`restored ${index}`)
    const next = world.elect()
    world.runUntil(() => isLevel(reborn, next), 'it has applied all again')
    expect(reborn.machine.notes).toEqual(next.machine.notes)
    expect(reborn.replica.digest).toBe(next.replica.digest)
    expect(reborn.errors).toEqual([])
  })

  test('keeps what its sessions were answered, and the time', () => {
    const world = new ReplicaWorld({ ids: ['a'], snapshots: {} })
    const alone = world.elect()
    const clientId = world.register(alone)
    const first = world.request(alone, 'once', clientId, 1)
    world.run(5000)
    world.askNow(alone, keepAliveRequest(world.nextRequestId(), clientId))
    const { clusterTimeMs } = alone.replica.status()
    expect(clusterTimeMs).toBeGreaterThan(4000)
    alone.replica.takeSnapshot()
    world.settle()
    world.restart(alone)
    const reborn = world.elect()
    expect(reborn.replica.status().clusterTimeMs).toBe(clusterTimeMs)
    const again = world.request(reborn, 'once', clientId, 1)
    world.settle()
    expect(said(again)).toBe(said(first))
    expect(reborn.machine.notes.filter((note) => note === 'once')).toHaveLength(1)
  })
})

describe('a server that is behind what is left of the log', () => {
  test('is sent the snapshot in chunks, and then the entries after it', () => {
    const [world, leader, behind] = worldWithOneBehind()
    world.cutOff.delete(behind.id)
    world.runUntil(() => isLevel(behind, leader), 'it has caught up')
    expect(behind.events.filter((event) => event.startsWith('restored'))).toHaveLength(1)
    expect(behind.machine.notes).toEqual(leader.machine.notes)
    expect(behind.replica.digest).toBe(leader.replica.digest)
    expect(covered(behind)).toBeGreaterThan(0)
  })

  test('catches up while writes go on, and its reads are answered', () => {
    const [world, leader, behind] = worldWithOneBehind()
    world.cutOff.delete(behind.id)
    const query = world.query(behind)
    write(world, leader, 30, 'meanwhile')
    world.runUntil(() => isLevel(behind, leader), 'it has caught up')
    expect(behind.machine.notes).toEqual(leader.machine.notes)
    // It may have been refused while nobody was known to lead; then it is asked once more.
    const answered = said(query)?.startsWith('ok') ? query : world.query(behind)
    world.runUntil(() => answered.response !== null, 'the query is answered')
    expect(said(answered)).toContain('note60')
  })

  test('goes on with another leader when the first is gone in the middle', () => {
    const [world, leader, behind] = worldWithOneBehind()
    const { snapshots } = behind.storage
    const begin = snapshots.begin.bind(snapshots)
    let begun = 0
    snapshots.begin = (purpose, point) => {
      const writer = begin(purpose, point)
      if (purpose === 'received' && ++begun === 1) {
        const append = writer.append.bind(writer)
        writer.append = (bytes, done) => {
          if (writer.size > 80) world.cutOff.add(leader.id)
          append(bytes, done)
        }
      }
      return writer
    }
    world.cutOff.delete(behind.id)
    world.runUntil(() => world.cutOff.has(leader.id), 'some of it is there')
    expect(behind.replica.state.receiving).not.toBeNull()
    const next = world.elect()
    expect(next).not.toBe(leader)
    world.runUntil(() => isLevel(behind, next), 'it has caught up')
    expect(behind.machine.notes).toEqual(next.machine.notes)
  })

  test('stops where what it was sent cannot be read back, and has promised nothing', () => {
    const [world, leader, behind] = worldWithOneBehind()
    const { snapshots } = behind.storage
    const begin = snapshots.begin.bind(snapshots)
    const damage = new Error('block 1 is damaged')
    snapshots.begin = (purpose, point) => {
      const writer = begin(purpose, point)
      const read = writer.read.bind(writer)
      writer.read = function* () {
        const [first] = read()
        yield first as Uint8Array
        throw damage
      }
      return writer
    }
    const { lastIndex } = behind.replica.state.log
    world.cutOff.delete(behind.id)
    world.runUntil(() => behind.replica.isStopped, 'it stops')
    world.run(1000)
    expect(behind.errors).toEqual([damage])
    expect(behind.events.some((event) => event.startsWith('restored'))).toBe(false)
    expect(behind.storage.snapshots.latest).toBeNull()
    const { role } = leader.replica.state
    if (role.kind !== 'leader') throw new Error('it leads on')
    expect(role.peers.get(behind.id)?.matchIndex).toBeLessThanOrEqual(lastIndex)
  })

  test('has what it was sent after it comes back', () => {
    const [world, leader, behind] = worldWithOneBehind()
    world.cutOff.delete(behind.id)
    world.runUntil(() => isLevel(behind, leader), 'it has caught up')
    const index = covered(behind)
    const reborn = world.restart(behind)
    expect(reborn.events).toContain(`restored ${index}`)
    world.runUntil(() => isLevel(reborn, leader), 'it has applied all again')
    expect(reborn.machine.notes).toEqual(leader.machine.notes)
  })

  test('starts no election for all the time that the machine takes to restore', () => {
    const [world, leader, behind] = worldWithOneBehind()
    const { currentTerm } = leader.replica.state
    const restore = behind.machine.restore.bind(behind.machine)
    behind.machine.restore = (chunks) => {
      restore(chunks)
      behind.clock.set(60_000)
    }
    world.cutOff.delete(behind.id)
    world.runUntil(() => isLevel(behind, leader), 'it has caught up')
    world.run(1000)
    expect(leader.replica.state.currentTerm).toBe(currentTerm)
    expect(leader.replica.state.role.kind).toBe('leader')
  })
})

describe('options of snapshots', () => {
  test('have defaults, and are checked', () => {
    expect(snapshotOptions()).toEqual(defaultSnapshotOptions)
    const invalid = expect.objectContaining({ code: 'INVALID_OPTION' })
    expect(() => snapshotOptions({ logBytesMin: 0 })).toThrow(invalid)
    expect(() => snapshotOptions({ logBytesMin: 10, logBytesMax: 9 })).toThrow(invalid)
    expect(() => snapshotOptions({ logGrowth: Number.NaN })).toThrow(invalid)
    expect(() => snapshotOptions({ logEntriesMax: 0 })).toThrow(invalid)
  })
})
