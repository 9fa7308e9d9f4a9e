import { describe, expect, test } from 'vitest'
import { hopsMax } from '../../src/course/command-router.ts'
import { termLeapMax } from '../../src/course/course-server.ts'
import type { ServerId } from '../../src/raft/index.ts'
import { appendEntriesRequest, requestVoteRequest } from '../../src/raft/index.ts'
import { decodeDatagram, encodeMessage } from '../../src/wire/index.ts'
import { commandDatagram, type Inhabitant, type Sent, World } from './world.ts'

const three: readonly ServerId[] = ['a:1', 'b:2', 'c:3']

/** Three servers of which one leads. */
function threeServers(): { world: World; leader: Inhabitant; followers: Inhabitant[] } {
  const world = new World()
  for (const id of three) world.add(id, three)
  const leader = world.elect()
  const followers = [...world.inhabitants.values()].filter((one) => one !== leader)
  return { world, leader, followers }
}

/** The commands among the datagrams, with where they went. */
function commandsIn(
  sent: readonly Sent[],
): { from: ServerId; to: ServerId; text: string; hops: number }[] {
  return sent.flatMap(({ from, to, bytes }) => {
    const decoded = decodeDatagram(bytes, from, to)
    if (decoded.kind !== 'command') return []
    return [{ from, to, text: new TextDecoder().decode(decoded.command), hops: decoded.hops }]
  })
}

function commandsOf(inhabitant: Inhabitant): string[] {
  return inhabitant.lines.map((line) => line.split(',')[2] as string)
}

describe('where a command goes (C12)', () => {
  test('a leader appends it, and every log file gets it once, without the no-op', () => {
    const { world, leader } = threeServers()
    leader.server.receive(commandDatagram('insert'), null)
    leader.server.receive(commandDatagram('insert'), null)
    world.run(200)
    const { currentTerm } = leader.server.state
    for (const { lines } of world.inhabitants.values()) {
      expect(lines).toEqual([`${currentTerm},2,insert`, `${currentTerm},3,insert`])
    }
  })

  test('a follower passes it on to the leader, once', () => {
    const { world, leader, followers } = threeServers()
    const [follower] = followers as [Inhabitant]
    world.sent.length = 0
    follower.server.receive(commandDatagram('select'), null)
    world.run(200)
    expect(commandsIn(world.sent)).toEqual([
      { from: follower.server.id, to: leader.server.id, text: 'select', hops: 1 },
    ])
    expect(commandsOf(follower)).toEqual(['select'])
  })

  test('a server that knows no leader keeps it, and passes it on after the election', () => {
    const world = new World()
    const lonely = world.add('a:1', three)
    world.run(1000)
    expect(lonely.server.state.role.kind).toBe('candidate')
    world.sent.length = 0
    for (const command of ['one', 'two', 'three']) {
      lonely.server.receive(commandDatagram(command), null)
    }
    world.run(50)
    expect(commandsIn(world.sent)).toEqual([])
    expect(lonely.server.waitingCommands).toBe(3)
    world.add('b:2', three)
    world.add('c:3', three)
    world.elect()
    world.run(300)
    expect(lonely.server.waitingCommands).toBe(0)
    for (const inhabitant of world.inhabitants.values()) {
      expect(commandsOf(inhabitant)).toEqual(['one', 'two', 'three'])
    }
  })

  test('past the limit of the buffer the oldest go, with a warning', () => {
    const world = new World()
    const lonely = world.add('a:1', three)
    for (let i = 1; i <= 10_003; i++) lonely.server.receive(commandDatagram(`c${i}`), null)
    expect(lonely.server.counters.commandsDroppedByBuffer).toBe(3)
    expect(lonely.warned).toEqual(['bufferFull', 'bufferFull', 'bufferFull'])
    world.add('b:2', three)
    world.add('c:3', three)
    world.elect()
    world.runUntil(() => lonely.lines.length === 10_000, 'the rest is committed')
    expect(commandsOf(lonely)[0]).toBe('c4')
    expect(commandsOf(lonely)[9_999]).toBe('c10003')
  })

  test('a leader that is deposed in the same turn passes it on instead of losing it', () => {
    const { world, leader, followers } = threeServers()
    const [successor, other] = followers as [Inhabitant, Inhabitant]
    const term = leader.server.state.currentTerm + 1
    world.sent.length = 0
    // Both arrive in one turn: it still leads when the command comes in, and no more when it is
    // stepped through.
    const news = appendEntriesRequest(
      successor.server.id,
      leader.server.id,
      term,
      1,
      term - 1,
      [],
      0,
      0,
    )
    leader.server.receive(encodeMessage(news), successor.server.id)
    leader.server.receive(commandDatagram('held'), null)
    world.settle()
    expect(commandsIn(world.sent)).toEqual([
      { from: leader.server.id, to: successor.server.id, text: 'held', hops: 1 },
    ])
    expect(other.errors).toEqual([])
  })

  test('a command that has been passed on too often is dropped and counted', () => {
    const { world, leader, followers } = threeServers()
    const [follower, other] = followers as [Inhabitant, Inhabitant]
    world.sent.length = 0
    follower.server.receive(commandDatagram('round', hopsMax), other.server.id)
    follower.server.receive(commandDatagram('fine', hopsMax - 1), other.server.id)
    world.run(200)
    expect(commandsIn(world.sent).map(({ text }) => text)).toEqual(['fine'])
    expect(follower.server.counters.commandsDroppedByHops).toBe(1)
    expect(follower.warned).toEqual(['hops'])
    // The leader takes it, however far it has come.
    leader.server.receive(commandDatagram('late', hopsMax), other.server.id)
    world.run(200)
    expect(commandsOf(leader)).toEqual(['fine', 'late'])
  })

  test('what comes from the supposed leader itself is kept until there is news of it', () => {
    const { world, leader, followers } = threeServers()
    const [follower] = followers as [Inhabitant]
    world.sent.length = 0
    follower.server.receive(commandDatagram('back'), leader.server.id)
    world.settle()
    expect(commandsIn(world.sent)).toEqual([])
    expect(follower.server.waitingCommands).toBe(1)
    world.run(200)
    expect(commandsOf(leader)).toEqual(['back'])
  })

  test('a command that no datagram of the cluster could hold is refused with a reason', () => {
    const { world, leader } = threeServers()
    leader.server.receive(commandDatagram('x'.repeat(1300)), null)
    leader.server.receive(commandDatagram('y'.repeat(1200)), null)
    world.run(200)
    expect(commandsOf(leader)).toEqual(['y'.repeat(1200)])
    expect(leader.server.counters.commandsTooLong).toBe(1)
    expect(leader.warned).toEqual(['commandTooLong'])
  })
})

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
    world.run(500)
    expect(world.leader()).toBe(successor)
    expect(leader.server.leaderId).toBe(successor.server.id)
    expect(commandsOf(leader)).toEqual(['after'])
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
