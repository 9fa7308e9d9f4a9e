/** What operators ask of a server, step by step, and how it answers. */
import { describe, expect, test } from 'vitest'
import {
  type AdminAnswer,
  type AdminQuestion,
  adminRequest,
  type ChangeQuestion,
  type MembersAnswer,
} from '../../src/wire/index.ts'
import { type Asked, type Inhabitant, ReplicaWorld } from './replicas.ts'

function ask(world: ReplicaWorld, server: Inhabitant, question: AdminQuestion): Asked {
  const asked = world.ask(server, adminRequest(7, JSON.stringify(question)))
  world.settle()
  return asked
}

function elected(world: ReplicaWorld): [Inhabitant, Inhabitant, Inhabitant] {
  return world.electAmong() as [Inhabitant, Inhabitant, Inhabitant]
}

function answerOf({ response }: Asked): AdminAnswer {
  expect(response).toMatchObject({ kind: 'adminResponse', requestId: 7, status: 'ok' })
  return JSON.parse((response as { json: string }).json) as AdminAnswer
}

function membersOf(world: ReplicaWorld, server: Inhabitant): MembersAnswer {
  return answerOf(ask(world, server, { kind: 'members' })) as MembersAnswer
}

function change(
  view: MembersAnswer,
  voters: readonly string[],
  learners: readonly string[] = [],
): ChangeQuestion {
  const addresses = Object.fromEntries([...voters, ...learners].map((id) => [id, `${id}:1`]))
  return { kind: 'change', basedOn: view.index, voters, learners, addresses, force: false }
}

describe('the members', () => {
  test('are told as the leader sees them', () => {
    const world = new ReplicaWorld()
    const [leader, quiet] = elected(world)
    world.run(200)
    world.cutOff.add(quiet.id)
    world.run(250)
    const view = membersOf(world, leader)
    expect(view).toMatchObject({ leaderId: leader.id, term: 1, index: 0, isSettled: true })
    expect(view.members).toHaveLength(3)
    const of = (id: string) => view.members.find((member) => member.id === id)
    expect(of(leader.id)).toMatchObject({ part: 'voter', silentMs: 0, matchIndex: 1 })
    expect(of(quiet.id)?.address).toBe(`${quiet.id}.example:4001`)
    expect(of(quiet.id)?.silentMs).toBeGreaterThanOrEqual(200)
  })

  test('are asked of the leader: the others say who that is', () => {
    const world = new ReplicaWorld()
    const [leader, follower] = elected(world)
    for (const question of [
      { kind: 'members' },
      { kind: 'transfer', to: null },
      change(membersOf(world, leader), ['a']),
    ] as const) {
      expect(ask(world, follower, question).response).toMatchObject({
        status: 'notLeader',
        leaderHint: { id: leader.id, address: `${leader.id}.example:4001` },
      })
    }
  })
})

describe('a change', () => {
  test('is begun where nobody has changed anything since', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    world.run(100)
    const [other, third] = ['a', 'b', 'c'].filter((id) => id !== leader.id) as [string, string]
    const before = membersOf(world, leader)
    const asked = change(before, [leader.id, other], [third])
    expect(answerOf(ask(world, leader, asked))).toMatchObject({ kind: 'changed', index: 2 })
    world.run(100)
    const after = membersOf(world, leader)
    expect(after).toMatchObject({ index: 3, isSettled: true })
    expect(after.members.at(-1)).toMatchObject({
      id: third,
      address: `${third}:1`,
      part: 'learner',
      catchUp: { isCaughtUp: true, snapshot: null },
    })
    // The same question again, though what it asks for could be done.
    const again = change(before, ['a', 'b', 'c'])
    expect(answerOf(ask(world, leader, again))).toMatchObject({
      kind: 'refused',
      code: 'changed',
      isTransient: true,
    })
    expect(membersOf(world, leader).index).toBe(3)
  })

  test('that is not completed shows, with who comes and who goes', () => {
    const world = new ReplicaWorld()
    const [leader, other, third] = elected(world)
    world.run(100)
    const before = membersOf(world, leader)
    for (const { id } of [other, third]) world.cutOff.add(id)
    ask(world, leader, change(before, [leader.id, other.id], [third.id]))
    const now = membersOf(world, leader)
    expect(now.isSettled).toBe(false)
    const part = (id: string) => now.members.find((member) => member.id === id)?.part
    expect([leader, other, third].map(({ id }) => part(id))).toEqual(['voter', 'voter', 'leaving'])
    const more = answerOf(ask(world, leader, change(now, [leader.id])))
    expect(more).toMatchObject({ kind: 'refused', code: 'changeUnderWay', isTransient: true })
  })

  test('is refused with its reason', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    world.run(100)
    const view = membersOf(world, leader)
    for (const [question, code, why] of [
      [change(view, ['a', 'b', 'c', 'd']), 'unknownServer', 'd would vote without'],
      [change(view, []), 'noVoter', 'nobody would be left'],
      [{ ...change(view, ['a', 'a']), addresses: {} }, 'invalid', 'named twice'],
    ] as const) {
      const answer = answerOf(ask(world, leader, question))
      expect(answer).toMatchObject({ kind: 'refused', code, isTransient: false })
      expect((answer as { message: string }).message).toContain(why)
    }
    expect(membersOf(world, leader).index).toBe(0)
  })

  test.each([
    ['nonsense', 'the request is no JSON'],
    ['[]', 'the request is no object'],
    ['{"kind":"destroy"}', 'there is no request of the kind "destroy"'],
    ['{"kind":"transfer"}', '"to" is a server or null'],
    ['{"kind":"change","basedOn":-1}', '"basedOn" is the index of a configuration'],
    ['{"kind":"change","basedOn":0,"voters":[1]}', '"voters" is an array of servers'],
    ['{"kind":"change","basedOn":0,"voters":[],"learners":{}}', '"learners" is an array of'],
    [
      '{"kind":"change","basedOn":0,"voters":[],"learners":[],"addresses":{"a":1}}',
      '"addresses" is an object of',
    ],
    ['{"kind":"change","basedOn":0,"voters":[],"learners":[],"addresses":{}}', '"force" is true'],
  ])('what is none is told so: %s', (json, why) => {
    const world = new ReplicaWorld()
    const { response } = world.ask(world.elect(), adminRequest(7, json))
    expect(response).toMatchObject({ status: 'badRequest', message: expect.stringContaining(why) })
  })
})

describe('a transfer', () => {
  test('is answered once somebody else leads', () => {
    const world = new ReplicaWorld()
    const [leader, other] = elected(world)
    world.run(100)
    const asked = ask(world, leader, { kind: 'transfer', to: other.id })
    const answer = { kind: 'transferred', leaderId: other.id, term: 2 }
    expect(answerOf(asked)).toEqual(answer)
  })

  test('that comes to nothing is refused, and may be asked for again', () => {
    const world = new ReplicaWorld()
    const [leader, gone] = elected(world)
    world.run(100)
    world.cutOff.add(gone.id)
    const asked = ask(world, leader, { kind: 'transfer', to: gone.id })
    world.run(1000)
    expect(answerOf(asked)).toMatchObject({ code: 'timedOut', isTransient: true })
    const nobody = ask(world, leader, { kind: 'transfer', to: 'x' })
    expect(answerOf(nobody)).toMatchObject({ code: 'notVoter', isTransient: false })
  })

  test('to a server whose disk is full is refused for good, with its name', () => {
    const world = new ReplicaWorld()
    const [leader, full] = elected(world)
    world.run(100)
    const { role } = leader.replica.state
    const peer = role.kind === 'leader' ? role.peers.get(full.id) : undefined
    if (peer !== undefined) peer.diskIsFull = true
    const asked = ask(world, leader, { kind: 'transfer', to: full.id })
    expect(answerOf(asked)).toEqual({
      kind: 'refused',
      code: 'diskFull',
      message: `the disk of ${full.id} is full: it would hand over again at once`,
      isTransient: false,
    })
  })

  test('is unknown where the server is closed meanwhile', () => {
    const world = new ReplicaWorld()
    const [leader, other] = elected(world)
    world.cutOff.add(other.id)
    const asked = ask(world, leader, { kind: 'transfer', to: other.id })
    leader.replica.close()
    expect(asked.response).toMatchObject({ status: 'unknown' })
  })
})

describe('handing over', () => {
  test('ends when another leads, and at once where this server does not', () => {
    const world = new ReplicaWorld()
    const [leader, follower] = elected(world)
    const done: string[] = []
    follower.replica.handOver(() => done.push('follower'))
    expect(done).toEqual(['follower'])
    leader.replica.handOver(() => done.push('leader'))
    expect(done).toHaveLength(1)
    world.run(100)
    expect(done).toEqual(['follower', 'leader'])
    expect(leader.replica.state.role.kind).toBe('follower')
  })

  test('ends where nobody takes over, and where the server is closed', () => {
    const world = new ReplicaWorld()
    const [leader, ...others] = world.electAmong()
    for (const { id } of others) world.cutOff.add(id)
    const done: string[] = []
    leader.replica.handOver(() => done.push('timed out'))
    world.run(1000)
    expect(done).toEqual(['timed out'])
    world.cutOff.clear()
    const next = world.elect()
    world.cutOff.add(next.id)
    next.replica.handOver(() => done.push('closed'))
    next.replica.close()
    expect(done).toEqual(['timed out', 'closed'])
  })
})
