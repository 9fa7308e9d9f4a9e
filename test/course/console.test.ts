/** The commands on standard input and their answers, to the letter (C16, C17). */
import { describe, expect, test } from 'vitest'
import { Console } from '../../src/course/index.ts'
import { commandDatagram, type Inhabitant, World } from './world.ts'

interface Asked {
  readonly written: string
  readonly said: string[]
  readonly exits: number
}

function ask(inhabitant: Inhabitant, ...lines: string[]): Asked {
  let written = ''
  const said: string[] = []
  let exits = 0
  const console = new Console({
    server: inhabitant.server,
    moreCounters: () => ['udp.sent: 5'],
    write: (text) => {
      written += text
    },
    say: (text) => said.push(text),
    exit: () => {
      exits += 1
    },
  })
  for (const line of lines) console.execute(line)
  return { written, said, exits }
}

/** `b:2` leads `a:1` and `c:3`, which does not answer. */
function cluster(): { world: World; leader: Inhabitant; follower: Inhabitant } {
  const world = new World()
  const servers = ['a:1', 'b:2', 'c:3']
  const follower = world.add('a:1', servers, {
    electionTimeoutMinMs: 900,
    electionTimeoutMaxMs: 1000,
  })
  const leader = world.add('b:2', servers)
  expect(world.elect()).toBe(leader)
  return { world, leader, follower }
}

describe('print (C17)', () => {
  test('of a leader', () => {
    const { world, leader } = cluster()
    leader.server.receive(commandDatagram('insert'), null)
    world.run(200)
    const { currentTerm } = leader.server.state
    expect(ask(leader, 'print')).toEqual({
      written: [
        'server: b:2',
        'state: leader',
        `currentTerm: ${currentTerm}`,
        'votedFor: b:2',
        'leaderId: b:2',
        'commitIndex: 2',
        'lastApplied: 2',
        'nextIndex: a:1=3 c:3=1',
        'matchIndex: a:1=2 c:3=0',
        '',
        '',
      ].join('\n'),
      said: [],
      exits: 0,
    })
  })

  test('of a follower, and of one that has heard of nobody', () => {
    const { leader, follower } = cluster()
    const { currentTerm } = leader.server.state
    expect(ask(follower, ' print\t').written).toContain(
      `server: a:1\nstate: follower\ncurrentTerm: ${currentTerm}\nvotedFor: b:2\nleaderId: b:2\n`,
    )
    expect(ask(follower, 'print').written).toContain('\nnextIndex: -\nmatchIndex: -\n\n')
    const fresh = new World().add('a:1', ['a:1', 'b:2', 'c:3'])
    expect(ask(fresh, 'print').written).toBe(
      'server: a:1\nstate: follower\ncurrentTerm: 0\nvotedFor: none\nleaderId: none\n' +
        'commitIndex: 0\nlastApplied: 0\nnextIndex: -\nmatchIndex: -\n\n',
    )
  })

  test('of a candidate, and of a failed leader', () => {
    const world = new World()
    const lonely = world.add('a:1', ['a:1', 'b:2', 'c:3'])
    world.runUntil(() => lonely.server.state.role.kind === 'candidate', 'it stands for election')
    expect(ask(lonely, 'print').written).toContain(
      'state: candidate\ncurrentTerm: 1\nvotedFor: a:1\nleaderId: none\n',
    )
    const { leader } = cluster()
    const asked = ask(leader, 'suspend', 'print')
    expect(asked.written).toContain('\nstate: failed\n')
    expect(asked.written).toContain('\nleaderId: b:2\n')
    expect(asked.written).toContain('\nnextIndex: -\nmatchIndex: -\n')
  })
})

test('log gives every entry, a no-op too, committed or not (C16)', () => {
  const { world, leader, follower } = cluster()
  leader.server.receive(commandDatagram('insert'), null)
  world.run(200)
  world.cutOff.add(leader.server.id)
  leader.server.receive(commandDatagram('unheard'), null)
  world.run(10)
  const { currentTerm } = leader.server.state
  const both = `${currentTerm},1,\n${currentTerm},2,insert\n`
  expect(ask(follower, 'log').written).toBe(both)
  expect(ask(leader, 'log').written).toBe(`${both}${currentTerm},3,unheard\n`)
  expect(ask(new World().add('a:1', ['a:1', 'b:2']), 'log').written).toBe('')
})

test('a long log is answered whole', () => {
  const { world, leader } = cluster()
  for (let i = 0; i < 9000; i++) leader.server.receive(commandDatagram(`c${i}`), null)
  world.run(100)
  const lines = ask(leader, 'log').written.split('\n')
  expect(lines).toHaveLength(9002)
  expect(lines[9000]).toMatch(/,9001,c8999$/)
  expect(lines[9001]).toBe('')
})

test('suspend and resume say on standard error what they did', () => {
  const { follower } = cluster()
  expect(ask(follower, 'resume', 'suspend', 'suspend', 'resume')).toEqual({
    written: '',
    said: ['is not suspended', 'suspended', 'is suspended already', 'resumed'],
    exits: 0,
  })
})

test('counters gives name: value lines, an empty one after them', () => {
  const { leader } = cluster()
  leader.server.receive(Uint8Array.of(1), null)
  const { written } = ask(leader, 'counters')
  expect(written).toMatch(/^messagesHandled: [1-9]\d*\n/)
  expect(written).toContain('\ncommandsAppended: 0\n')
  expect(written).toContain('\ninvalid.malformed: 1\n')
  expect(written).toMatch(/\nudp\.sent: 5\n\n$/)
})

test('help, exit, nothing, and what there is not', () => {
  const { leader } = cluster()
  const { written, said, exits } = ask(leader, 'help', '', '  ', 'PRINT', 'print now', 'exit')
  expect(written).toMatch(/^print /)
  expect(said).toEqual([
    'unknown command "PRINT"; there are print, log, suspend, resume, counters, help, exit',
    'unknown command "print now"; there are print, log, suspend, resume, counters, help, exit',
  ])
  expect(exits).toBe(1)
  expect(ask(leader, `x\u0007${'y'.repeat(100)}`).said[0]).toMatch(
    /^unknown command "x\\u0007y{38}\.\.\."; /,
  )
})
