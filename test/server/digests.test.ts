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
    const lie = encodeDigestReport({ index: 10, digest: 1, isVerdict: true })
    one.replica.receive(lie, other.id)
    leader.replica.receive(lie, other.id)
    world.run(100)
    for (const { errors } of world.all) expect(errors).toEqual([])
  })
})

test('a report is read as it was written', () => {
  const report = { index: 2 ** 40, digest: 0xffffffff, isVerdict: true }
  expect(decodeFromReplica(encodeDigestReport(report), 'a', 'b')).toEqual({
    kind: 'digest',
    report,
  })
})
