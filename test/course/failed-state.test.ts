/** Suspend and resume (C13), and commands that reach a failed server (C12). */
import { describe, expect, test } from 'vitest'
import { appendEntriesRequest, requestVoteRequest } from '../../src/raft/index.ts'
import { encodeMessage } from '../../src/wire/index.ts'
import { commandDatagram, commandsIn, commandsOf, type Inhabitant, threeServers } from './world.ts'

describe('the Failed state (C13)', () => {
  test('it answers nothing, sends nothing and starts no election', () => {
    const { world, leader, followers } = threeServers()
    const [failed, other] = followers as [Inhabitant, Inhabitant]
    expect(failed.server.suspend()).toBe(true)
    expect(failed.server.suspend()).toBe(false)
    world.sent.length = 0
    const before = { ...failed.server.state }
    leader.server.receive(commandDatagram('without'), null)
    const request = requestVoteRequest(other.server.id, failed.server.id, 99, 9, 9, 1)
    failed.server.receive(encodeMessage(request), other.server.id)
    world.run(5000)
    expect(world.sent.filter(({ from }) => from === failed.server.id)).toEqual([])
    expect(failed.server.state).toEqual({ ...before })
    expect(failed.lines).toEqual([])
    expect(commandsOf(leader)).toEqual(['without'])
    expect(failed.server.counters.messagesWhileFailed).toBeGreaterThan(50)
  })

  test('resumed, it follows the leader that there is, which stays leader in its term', () => {
    const { world, leader, followers } = threeServers()
    const [failed] = followers as [Inhabitant]
    const term = leader.server.state.currentTerm
    failed.server.suspend()
    leader.server.receive(commandDatagram('missed'), null)
    world.run(3000)
    const { votedFor } = failed.server.state
    expect(failed.server.resume()).toBe(true)
    expect(failed.server.resume()).toBe(false)
    world.settle()
    expect(failed.server.state.votedFor).toBe(votedFor)
    expect(failed.server.state.role.kind).toBe('follower')
    world.run(2000)
    expect(world.leader()).toBe(leader)
    expect(leader.server.state.currentTerm).toBe(term)
    expect(commandsOf(failed)).toEqual(['missed'])
  })

  test('a leader that failed comes back as a follower of its successor', () => {
    const { world, leader } = threeServers()
    leader.server.suspend()
    world.run(50)
    const successor = world.elect()
    expect(successor).not.toBe(leader)
    successor.server.receive(commandDatagram('after'), null)
    world.run(200)
    leader.server.resume()
    world.settle()
    expect(leader.server.state.role.kind).toBe('follower')
    // It has overheard who leads, and need not wait for a heartbeat to pass a command on.
    world.sent.length = 0
    leader.server.receive(commandDatagram('at-once'), null)
    world.settle()
    expect(commandsIn(world.sent).map(({ to }) => to)).toEqual([successor.server.id])
    world.run(500)
    expect(world.leader()).toBe(successor)
    expect(leader.server.leaderId).toBe(successor.server.id)
    expect(commandsOf(leader)).toEqual(['after', 'at-once'])
  })

  test('it passes commands on to the last leader that it knew', () => {
    const { world, leader, followers } = threeServers()
    const [failed] = followers as [Inhabitant]
    failed.server.suspend()
    failed.server.receive(commandDatagram('through'), null)
    world.run(200)
    expect(commandsOf(leader)).toEqual(['through'])
    expect(failed.server.leaderId).toBe(leader.server.id)
  })

  test('a failed leader keeps commands until it overhears who leads now', () => {
    const { world, leader } = threeServers()
    // Proposed in the very turn in which it fails: the core never answers.
    leader.server.receive(commandDatagram('first'), null)
    leader.server.suspend()
    leader.server.receive(commandDatagram('second'), null)
    expect(leader.server.waitingCommands).toBe(2)
    const term = leader.server.state.currentTerm
    world.run(50)
    const successor = world.elect()
    world.run(300)
    expect(leader.server.waitingCommands).toBe(0)
    expect(commandsOf(successor)).toEqual(['first', 'second'])
    expect(leader.server.state.currentTerm).toBe(term)
    expect(leader.server.leaderId).toBe(successor.server.id)
  })

  test('a leader of an older term, overheard late, changes nothing', () => {
    const { leader, followers } = threeServers()
    const [failed, other] = followers as [Inhabitant, Inhabitant]
    failed.server.suspend()
    const { id } = failed.server
    const newer = appendEntriesRequest(other.server.id, id, 50, 0, 0, [], 0, 1)
    failed.server.receive(encodeMessage(newer), other.server.id)
    expect(failed.server.leaderId).toBe(other.server.id)
    const older = appendEntriesRequest(leader.server.id, id, 49, 0, 0, [], 0, 1)
    failed.server.receive(encodeMessage(older), leader.server.id)
    expect(failed.server.leaderId).toBe(other.server.id)
  })
})
