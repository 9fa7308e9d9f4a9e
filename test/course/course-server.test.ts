/** What a server drops, and how it ends (C10). */
import { describe, expect, test } from 'vitest'
import { appendEntriesRequest, requestVoteRequest, type ServerId } from '../../src/raft/index.ts'
import { termLeapMax } from '../../src/server/index.ts'
import { encodeMessage } from '../../src/wire/index.ts'
import { commandDatagram, type Inhabitant, three, threeServers } from './world.ts'

describe('what is dropped (C10)', () => {
  test('is counted by its reason, and changes nothing', () => {
    const { world, leader } = threeServers()
    const before = { ...leader.server.state }
    const [, peer] = three.filter((id) => id !== leader.server.id) as [ServerId, ServerId]
    const request = encodeMessage(requestVoteRequest(peer, leader.server.id, 1000, 5, 5, 1))
    world.sent.length = 0
    leader.server.receive(new Uint8Array(0), peer)
    leader.server.receive(Uint8Array.of(0xff, 0xff), peer)
    leader.server.receive(request, null)
    leader.server.receive(request, leader.server.id)
    leader.server.receive(request.subarray(0, request.length - 1), peer)
    leader.server.receive(Uint8Array.of(0x2a, 0x00), null)
    world.settle()
    expect(leader.server.state).toEqual(before)
    expect(world.sent).toEqual([])
    const { counters } = leader.server
    expect(counters.invalid).toMatchObject({
      noMember: 1,
      notFromServer: 1,
      malformed: 2,
      emptyCommand: 1,
    })
    expect(counters.datagramsFromSelf).toBe(1)
    expect(counters.commandsFromClients).toBe(0)
  })

  test('a term that no elections can have reached is not believed', () => {
    const { world, leader, followers } = threeServers()
    const [follower] = followers as [Inhabitant]
    const { currentTerm } = leader.server.state
    const from = leader.server.id
    const vote = (term: number): Uint8Array =>
      encodeMessage(requestVoteRequest(from, follower.server.id, term, 0, 0, 1))
    follower.server.receive(vote(Number.MAX_SAFE_INTEGER), from)
    follower.server.receive(vote(currentTerm + termLeapMax + 1), from)
    world.settle()
    expect(follower.server.state.currentTerm).toBe(currentTerm)
    expect(follower.server.counters.termLeaps).toBe(2)
    expect(follower.warned).toEqual(['termLeap', 'termLeap'])
    follower.server.receive(vote(currentTerm + termLeapMax), from)
    world.settle()
    expect(follower.server.state.currentTerm).toBe(currentTerm + termLeapMax)
    world.elect()
  })

  test('a second leader in one term is noticed, warned of and not obeyed', () => {
    const { world, leader, followers } = threeServers()
    const [follower, impostor] = followers as [Inhabitant, Inhabitant]
    const { currentTerm } = leader.server.state
    const claim = appendEntriesRequest(
      impostor.server.id,
      follower.server.id,
      currentTerm,
      0,
      0,
      [],
      0,
      1,
    )
    follower.server.receive(encodeMessage(claim), impostor.server.id)
    world.settle()
    expect(follower.server.leaderId).toBe(leader.server.id)
    expect(follower.server.counters.contradictions).toBe(1)
    expect(follower.warned).toEqual(['contradiction'])
  })
})

test('a disk or log file that fails stops the server, which says nothing more', () => {
  const { world, leader } = threeServers()
  leader.lines.push = () => {
    throw new Error('no more room')
  }
  leader.server.receive(commandDatagram('last'), null)
  world.run(100)
  expect(leader.errors).toHaveLength(1)
  world.sent.length = 0
  world.run(1000)
  expect(world.sent.filter(({ from }) => from === leader.server.id)).toEqual([])
  leader.server.receive(commandDatagram('unheard'), null)
  expect(leader.server.counters.commandsFromClients).toBe(1)
})
