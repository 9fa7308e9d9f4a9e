/** Commands in a cluster, from the server that gets them to the log files (C12). */
import { describe, expect, test } from 'vitest'
import { bufferedCommandsMax } from '../../src/course/command-buffer.ts'
import { hopsMax } from '../../src/course/command-router.ts'
import { appendEntriesRequest } from '../../src/raft/index.ts'
import { encodeMessage } from '../../src/wire/index.ts'
import {
  commandDatagram,
  commandsIn,
  commandsOf,
  type Inhabitant,
  three,
  threeServers,
  World,
} from './world.ts'

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

  test('what a candidate has kept leaves as soon as it hears of a leader', () => {
    const world = new World()
    const lonely = world.add('a:1', three)
    world.run(1000)
    lonely.server.receive(commandDatagram('kept'), null)
    const { currentTerm } = lonely.server.state
    const news = appendEntriesRequest('b:2', 'a:1', currentTerm, 0, 0, [], 0, 1)
    lonely.server.receive(encodeMessage(news), 'b:2')
    world.sent.length = 0
    world.settle()
    expect(commandsIn(world.sent)).toEqual([{ from: 'a:1', to: 'b:2', text: 'kept', hops: 1 }])
  })

  test('past the limit of the buffer the oldest go, with a warning', () => {
    const world = new World()
    const lonely = world.add('a:1', three)
    for (let i = 1; i <= bufferedCommandsMax + 3; i++)
      lonely.server.receive(commandDatagram(`c${i}`), null)
    expect(lonely.server.counters.commandsDroppedByBuffer).toBe(3)
    expect(lonely.warned).toEqual(['bufferFull', 'bufferFull', 'bufferFull'])
    world.add('b:2', three)
    world.add('c:3', three)
    world.elect()
    world.runUntil(() => lonely.lines.length === bufferedCommandsMax, 'the rest is committed')
    expect(commandsOf(lonely)[0]).toBe('c4')
    expect(commandsOf(lonely).at(-1)).toBe(`c${bufferedCommandsMax + 3}`)
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
    // Until nothing is left to be applied: the next news is a heartbeat.
    world.run(200)
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

  test('however many come at once, no datagram is larger than the limit', () => {
    for (const datagramBytesMax of [600, 1372]) {
      const world = new World()
      for (const id of three) world.add(id, three, { datagramBytesMax })
      const leader = world.elect()
      world.sent.length = 0
      for (let i = 0; i < 500; i++) leader.server.receive(commandDatagram(`command-${i}`), null)
      world.runUntil(() => leader.lines.length === 500, 'all are committed')
      const largest = Math.max(...world.sent.map(({ bytes }) => bytes.length))
      expect(largest).toBeLessThanOrEqual(datagramBytesMax)
      expect(largest).toBeGreaterThan(datagramBytesMax * 0.85)
    }
  })

  test('what a leader cannot take yet waits, and goes on as others are committed', () => {
    const world = new World()
    for (const id of three) world.add(id, three, { datagramBytesMax: 65_507 })
    const leader = world.elect()
    const others = three.filter((id) => id !== leader.server.id)
    for (const id of others) world.cutOff.add(id)
    const command = 'x'.repeat(60_000)
    for (let i = 0; i < 300; i++) leader.server.receive(commandDatagram(command), null)
    world.settle()
    // 16 MiB stand in the log, and no more is taken: 279 commands.
    expect(leader.server.state.log.lastIndex).toBe(1 + 279)
    expect(leader.server.waitingCommands).toBe(21)
    for (const id of others) world.cutOff.delete(id)
    world.runUntil(() => leader.server.waitingCommands === 0, 'there is room for all')
    world.settle()
    expect(leader.server.state.log.lastIndex).toBe(1 + 300)
  })
})
