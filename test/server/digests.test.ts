/** Servers whose state machines part: the odd one stops, whoever leads, and nobody else does. */
import { describe, expect, test } from 'vitest'
import { utf8Encode } from '../../src/base/bytes.ts'
import { decodeFromReplica, encodeDigestReport } from '../../src/wire/index.ts'
import { type Inhabitant, ReplicaWorld, said } from './replicas.ts'

const every = { digestEveryEntries: 10 }

function write(world: ReplicaWorld, leader: Inhabitant, count: number): void {
  for (let i = 0; i < count; i++) {
    const asked = world.request(leader, `note${i}`)
    world.runUntil(() => asked.response !== null, 'a command is answered')
  }
}

/** From its next command on, its machine says something else. */
function corrupt({ machine }: Inhabitant): void {
  machine.apply = () => utf8Encode('something else')
}

describe('a server whose machine differs', () => {
  test('stops and names the entry, and the others go on', () => {
    const world = new ReplicaWorld(every)
    const [leader, odd, other] = world.electAmong() as [Inhabitant, Inhabitant, Inhabitant]
    write(world, leader, 12)
    corrupt(odd)
    write(world, leader, 12)
    world.run(100)
    expect(odd.replica.isStopped).toBe(true)
    expect(odd.errors).toMatchObject([{ code: 'DIVERGED', index: 20 }])
    expect(odd.errors[0]?.message).toContain('after entry 20')
    expect([leader.errors, other.errors]).toEqual([[], []])
    const asked = world.request(leader, 'after')
    world.runUntil(() => asked.response !== null, 'the others answer')
    expect(said(asked)).toMatch(/^ok/)
  })

  test('stops also where it leads', () => {
    const world = new ReplicaWorld(every)
    const [leader, ...others] = world.electAmong()
    corrupt(leader)
    for (let i = 0; i < 12; i++) world.request(leader, `note${i}`)
    world.runUntil(() => leader.replica.isStopped, 'the leader stops')
    expect(leader.errors).toMatchObject([{ code: 'DIVERGED', index: 10 }])
    const next = world.elect()
    expect(others).toContain(next)
    write(world, next, 12)
    for (const other of others) expect(other.errors).toEqual([])
  })

  test('is told by a leader that had only a part of the reports when it was elected', () => {
    const world = new ReplicaWorld({ ...every, ids: ['a', 'b', 'c', 'd', 'e'] })
    const [leader, odd] = world.electAmong() as [Inhabitant, Inhabitant]
    world.cutOff.add(odd.id)
    write(world, leader, 12)
    corrupt(odd)
    world.cutOff.delete(odd.id)
    world.runUntil(() => odd.replica.isStopped, 'it has caught up, and stops')
    expect(odd.errors).toMatchObject([{ code: 'DIVERGED' }])
  })
})

describe('servers that agree', () => {
  test('go on, restarts and snapshots included', () => {
    const snapshots = { logEntriesMax: 7 }
    const world = new ReplicaWorld({ ...every, snapshots, raft: { trailingEntriesMax: 0 } })
    write(world, world.elect(), 25)
    world.restart(world.all[1] as Inhabitant)
    write(world, world.elect(), 25)
    world.run(1000)
    for (const { errors } of world.all) expect(errors).toEqual([])
  })

  test('are not stopped by whoever does not lead', () => {
    const world = new ReplicaWorld(every)
    const [leader, one, other] = world.electAmong() as [Inhabitant, Inhabitant, Inhabitant]
    write(world, leader, 12)
    const lie = encodeDigestReport({ index: 10, digest: 1, isVerdict: true, origin: null })
    one.replica.receive(lie, other.id)
    leader.replica.receive(lie, other.id)
    world.run(100)
    for (const { errors } of world.all) expect(errors).toEqual([])
  })
})

describe('a state that was sent to another server', () => {
  const setup = {
    digestEveryEntries: 100,
    snapshots: { logEntriesMax: 20 },
    raft: { trailingEntriesMax: 0, preVote: true },
  }

  /** The leader has sent its snapshot to another since its machine parted, if it has. */
  function worldWithASent(
    isParted: boolean,
    ids: readonly string[] = ['a', 'b', 'c'],
  ): [ReplicaWorld, Inhabitant, Inhabitant, Inhabitant[]] {
    const world = new ReplicaWorld({ ...setup, ids })
    const [leader, sent, ...rest] = world.electAmong() as [Inhabitant, Inhabitant]
    write(world, leader, 5)
    world.cutOff.add(sent.id)
    if (isParted) part(leader)
    write(world, leader, 45)
    world.cutOff.delete(sent.id)
    const isLevel = (): boolean => sent.replica.lastApplied === leader.replica.lastApplied
    world.runUntil(isLevel, 'it has caught up')
    expect(sent.events.some((event) => event.startsWith('restored'))).toBe(true)
    expect(sent.replica.lastApplied).toBeLessThan(100)
    return [world, leader, sent, rest]
  }

  /** Its machine says something else, once. */
  function part({ machine }: Inhabitant): void {
    const apply = machine.apply.bind(machine)
    machine.apply = (command, context) => {
      apply(command, context)
      machine.apply = apply
      return utf8Encode('something else')
    }
  }

  function errorsIn(world: ReplicaWorld): (string | undefined)[] {
    return world.all.flatMap(({ errors }) => errors.map((error) => `${error}`))
  }

  test('does not outvote the one that is right, restarts included', () => {
    const [world, leader, sent] = worldWithASent(true)
    write(world, leader, 60)
    expect(leader.replica.lastApplied).toBeGreaterThan(100)
    // Of the state that came to it this one has taken a snapshot itself, and starts from that.
    const reborn = world.restart(sent)
    world.runUntil(() => reborn.replica.lastApplied === leader.replica.lastApplied, 'it is level')
    write(world, leader, 100)
    world.run(1000)
    expect(leader.replica.lastApplied).toBeGreaterThan(200)
    expect(errorsIn(world)).toEqual([])
    // It was not that all agree.
    expect(new Set(world.all.map(({ replica }) => replica.digest)).size).toBe(2)
  })

  test('is stopped, and so is where it comes from, by a majority that is right', () => {
    const [world, leader, sent, rest] = worldWithASent(true, ['a', 'b', 'c', 'd', 'e'])
    for (let i = 0; i < 70; i++) world.request(leader, `more${i}`)
    world.runUntil(() => leader.replica.isStopped, 'the leader stops')
    const next = world.elect()
    expect(rest).toContain(next)
    write(world, next, 150)
    world.runUntil(() => sent.replica.isStopped, 'the other one stops')
    for (const { errors } of [leader, sent]) expect(errors).toMatchObject([{ code: 'DIVERGED' }])
    for (const { errors } of rest) expect(errors).toEqual([])
  })

  test('counts for itself once a majority was found to have the same', () => {
    const [world, leader, sent, rest] = worldWithASent(false)
    write(world, leader, 60)
    const [other] = rest as [Inhabitant]
    part(other)
    write(world, leader, 100)
    world.runUntil(() => other.replica.isStopped, 'the third one stops')
    expect(other.errors).toMatchObject([{ code: 'DIVERGED', index: 200 }])
    expect([leader.errors, sent.errors]).toEqual([[], []])
  })

  test('counts for itself also where all have it from one, and agree', () => {
    const [world, leader, sent, rest] = worldWithASent(true)
    const [other] = rest as [Inhabitant]
    world.cutOff.add(other.id)
    write(world, leader, 80)
    // Who was away has missed the entry that is compared, and is sent the same state.
    world.cutOff.delete(other.id)
    const restored = (): boolean => other.events.some((event) => event.startsWith('restored'))
    world.runUntil(restored, 'it has caught up')
    write(world, leader, 90)
    part(other)
    write(world, leader, 100)
    world.runUntil(() => other.replica.isStopped, 'the third one stops')
    expect(other.errors).toMatchObject([{ code: 'DIVERGED', index: 300 }])
    expect([leader.errors, sent.errors]).toEqual([[], []])
  })
})

test('a report is read as it was written', () => {
  const report = { index: 2 ** 40, digest: 0xffffffff, isVerdict: true, origin: null }
  for (const one of [report, { ...report, isVerdict: false, origin: 'c' }]) {
    const read = decodeFromReplica(encodeDigestReport(one), 'a', 'b')
    expect(read).toEqual({ kind: 'digest', report: one })
  }
})
