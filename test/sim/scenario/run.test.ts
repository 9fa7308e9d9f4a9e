/** The runner itself: what it refuses, what it notices, and that it records what happened. */
import { describe, expect, test } from 'vitest'
import type { Observe } from '../../../src/sim/scenario/index.ts'
import { parseScenario, runScenario, underAllInvariants } from '../../../src/sim/scenario/index.ts'

function run(commands: string, observe: Observe = underAllInvariants) {
  return runScenario(parseScenario(`servers 1 2 3\n${commands}\n----\n`, 'play'), observe)
}

/** The output of the commands, which must come to their end. */
function outputOf(commands: string): string[] {
  const { failure, text } = run(commands)
  expect(failure).toBeNull()
  return (text.split('----\n')[1] ?? '').split('\n').slice(0, -1)
}

describe('a command that cannot be done now ends the play, with its line', () => {
  test.each([
    ['leader 1\ntimeout 1', '1 leads, and has no election timeout'],
    ['heartbeat 1\n', '1 does not lead'],
    ['leader 1\nquorum-check 2', '2 does not lead'],
    ['log all = 1\nleader 2\nlog 2 = 1', 'the servers have started: "log" comes too late'],
    ['timeout 1\ndeliver 2→1', 'no such message is on its way, or what there is is held'],
    ['timeout 1\ndeliver 1→2 #2', 'no such message is on its way, or what there is is held'],
    ['timeout 1\ndeliver late', 'no message called "late" is on its way'],
    ['timeout 1; partition 2\ndeliver 1→2', 'what is on its way there is on a link that is cut'],
    ['crash 1\ncrash 1', '1 is down'],
    ['crash 1\npropose 1 "x"', '1 is down'],
    ['timeout 1\ncrash 1 keeping 1', '1 is saving 0, not 1'],
    ['timeout 1\nrestart 1', '1 is running already'],
    ['timeout 1\nwipe 1', '1 is running'],
    ['timeout 1\nsave 1', '1 is saving nothing'],
    ['timeout 1\nresume 1', '1 is not suspended'],
    ['suspend 1\ntimeout 1', '1 is suspended'],
    ['leader 1; snapshot 1\nsnapshot 1', '1 has applied nothing since its last snapshot'],
    ['foreign 2; leader 1\nsnapshot 2', '2 is foreign, and takes no snapshots'],
    ['clock 1 1ms\nwake 1', 'nothing is due on 1 at 1 ms'],
    ['clock 1 5ms\nclock 1 4ms', "it is 5 ms on 1's clock already"],
    ['log 1 = 2\nterm 1 = 1\nleader 1', '1 has an entry of a term after its own'],
    ['log 2 3 = 1,1\nleader 1', '1 does not win the election'],
  ])('%j', (commands, problem) => {
    const { failure } = run(commands)
    expect(failure).toMatchObject({ code: 'IMPOSSIBLE', file: 'play', problem })
    expect(failure?.line).toBe(commands.trim().split('\n').length + 1)
  })

  test('and so does an option that cannot be', () => {
    const { failure } = run('options heartbeatIntervalMs=500\nleader 1')
    expect(failure).toMatchObject({ code: 'IMPOSSIBLE', line: 3 })
    expect(failure?.problem).toMatch(/^heartbeatIntervalMs must be below/)
  })
})

describe('an expectation that does not hold ends the play', () => {
  test.each([
    ['leader 1', 'expect leader 2', 'the leader is 1, not 2'],
    ['leader 1', 'expect no leader', 'the leader is 1, not none'],
    ['timeout 1', 'expect leader 1', 'the leader is none, not 1'],
    ['leader 1', 'expect follower 2 1', '1 is leader, not follower'],
    ['leader 1', 'expect term 2', 'term of 1 is 1, not 2'],
    ['leader 1', 'expect snapshot 1 at 1', 'snapshot of 1 is none, not 1'],
    [
      'options trailingEntriesMax=0; leader 1; snapshot 1',
      'expect log 1 at 1',
      'the log of 1 is empty after 1, not 1',
    ],
    ['leader 1', 'expect vote none at 2', 'vote of 2 is 1, not none'],
    ['leader 1', 'expect saved vote 2 at 3', 'savedVote of 3 is 1, not 2'],
    ['leader 1', 'expect leaderId 2 at 3', 'leaderId of 3 is 1, not 2'],
    ['leader 1', 'expect commitIndex 0 at 2', 'commitIndex of 2 is 1, not 0'],
    ['leader 1', 'expect log empty', 'the log of 1 is 1, not empty'],
    ['disk 1 holds', 'expect saved log 1 at 1', 'the log of 1 is empty, not 1'],
    ['log 1 = 1', 'expect logs equal', 'the log of 2 is empty, not 1'],
    ['leader 1', 'expect matchIndex 2 of 3 at 1', 'matchIndex of 3 at 1 is 1, not 2'],
    ['leader 1', 'expect nextIndex 2 of 3 at 2', 'nextIndex of 3 at 2 is none, not 2'],
    ['timeout 1', 'expect quiet', 'messages are on their way'],
    [
      'timeout 1; deliver',
      'expect at most 3 rounds',
      '4 were delivered in this block, not at most 3',
    ],
    [
      'timeout 1; deliver',
      'expect exactly 1 request 1→2',
      '2 were delivered in this block, not exactly 1',
    ],
    [
      'timeout 1; deliver',
      'expect at least 2 RequestVoteResponse to 2',
      '0 were delivered in this block, not at least 2',
    ],
  ])('%s; %s', (before, expectation, problem) => {
    const { failure } = run(`${before}\n${expectation}`)
    expect(failure).toMatchObject({ code: 'EXPECTATION', line: 3, problem })
  })
})

describe('what breaks an invariant ends the play', () => {
  test('an observer that throws', () => {
    const observe: Observe = (views, founders) => ({
      ...underAllInvariants(views, founders),
      saving: () => {},
      saved: () => {},
      restarted: () => {},
      sent: () => {},
      afterEvent: () => {},
      applied: (id, entry) => {
        throw new Error(`${id} may not apply ${entry.index}`)
      },
    })
    const { failure } = run('timeout 1\ndeliver', observe)
    expect(failure).toMatchObject({ code: 'INVARIANT', line: 3, problem: '1 may not apply 1' })
  })

  test('two leaders of one term, made of forged votes', () => {
    const { failure } = run(
      'timeout 1; timeout 2\nforge 3→1 RequestVoteResponse term=1 granted\ndeliver 3→1\n' +
        'forge 3→2 RequestVoteResponse term=1 granted\ndeliver 3→2',
    )
    expect(failure).toMatchObject({ code: 'INVARIANT' })
    expect(failure?.problem).toMatch(/^election safety: /)
  })

  test('a server that lost what it had promised is not held to it', () => {
    outputOf('leader 1; crash 2; wipe 2; restart 2; deliver; heartbeat 1; deliver')
  })
})

describe('what happens', () => {
  test('in one turn is one save and one message', () => {
    const apart = outputOf('leader 1\npropose 1 "a"; propose 1 "b"\nshow messages')
    const together = outputOf('leader 1\npropose 1 "a" and propose 1 "b"\nshow messages')
    expect(apart).toHaveLength(4)
    expect(together).toHaveLength(2)
    expect(together[0]).toContain('entries=[2@1 "a", 3@1 "b"]')
  })

  test('to time is only what a command does', () => {
    const before = outputOf('leader 1; show timers')
    expect(outputOf('leader 1; propose 1 "x"; deliver 1→2; show timers').at(-3)).toBe(before[0])
    expect(outputOf('leader 1; wait 1 10ms; show timers')[0]).toBe(
      '1    sends heartbeats in 40.0 ms',
    )
    expect(outputOf('leader 1; clock 1 +10ms; show timers')[0]).toMatch(/40\.0 ms$/)
    expect(outputOf('leader 1; clock 1 9999ms; wake 1')[0]).toMatch(/^1 {4}becomes follower/)
  })

  test('depends on the seed, and on nothing else', () => {
    const timers = (seed: string): string[] => outputOf(`seed "${seed}"\nshow timers`)
    expect(timers('a')).toEqual(timers('a'))
    expect(timers('a')).not.toEqual(timers('b'))
  })

  test('on a cut link is nothing: what is on its way waits, what is sent is lost', () => {
    const output = outputOf(
      'leader 1\nheartbeat 1; cut 1→2; heartbeat 1\ndeliver\n' +
        'heal; deliver 1→2; deliver; show messages',
    )
    expect(output.filter((line) => line.startsWith('1→2'))).toHaveLength(1)
    expect(output.filter((line) => line.startsWith('1→3'))).toHaveLength(2)
  })

  test('on a held link waits until it is meant', () => {
    const output = outputOf(
      'leader 1\nhold 1→2\nheartbeat 1; deliver\nshow messages\ndeliver 1→2 #1',
    )
    expect(output.filter((line) => line.startsWith('1→2'))).toEqual([
      '1→2  AppendEntriesRequest term=1 prev=1@1 entries=[] leaderCommit=1  (#1, held)',
      '1→2  AppendEntriesRequest term=1 prev=1@1 entries=[] leaderCommit=1',
    ])
    expect(
      outputOf('leader 1\nhold 1→2\nheartbeat 1; deliver; drop\nrelease; deliver'),
    ).toHaveLength(4)
  })

  test('is told in the words in which it can be forged', () => {
    const said = [
      '1→2  RequestVoteRequest term=4 last=3@2',
      '2→1  RequestVoteResponse term=4 refused',
      '1→2  AppendEntriesRequest term=4 prev=3@2 entries=[4@3, 5@4 noop, 6@4 "x"] leaderCommit=2',
      '2→1  AppendEntriesResponse term=4 failure hint=2@1',
    ]
    const forge = (line: string): string => `forge ${line.replace(/\s+/u, ' ')}`
    const output = outputOf(`term all = 4\n${said.map(forge).join('\n')}\nshow messages`)
    expect(output.map((line) => line.replace(/ {2}\(#\d\)$/u, '')).sort()).toEqual(said.sort())
  })
})

describe('recording', () => {
  const text =
    '# A play.\nservers 1 2 3, leader 1\n\n# Nothing is on its way.\ndeliver\n----\n' +
    'what was before\n\n' +
    'propose 1 "x"\n\ndeliver 1→2\n----\n\n# The end.\nexpect leader 1\n'

  test('replaces the outputs and keeps everything else', () => {
    const result = runScenario(parseScenario(text))
    expect(result.failure).toBeNull()
    expect(result.isAsRecorded).toBe(false)
    expect(result.text).toBe(
      text
        .replace('what was before\n', '')
        .replace(
          'deliver 1→2\n----\n',
          'deliver 1→2\n----\n' +
            '1→2  AppendEntriesRequest term=1 prev=1@1 entries=[2@1 "x"] leaderCommit=1\n',
        ),
    )
    const again = runScenario(parseScenario(result.text))
    expect(again).toEqual({ text: result.text, isAsRecorded: true, failure: null })
  })

  test('adds a ruler where commands at the end say something', () => {
    const result = runScenario(parseScenario('servers 1\nshow disk 1\n'))
    expect(result.text).toBe(
      'servers 1\nshow disk 1\n----\n1    has saved term 0, votedFor none, log empty\n',
    )
  })

  test('keeps the outputs of blocks that did not run', () => {
    const broken = text.replace('propose 1 "x"', 'propose 1 "x"; expect no leader')
    const result = runScenario(parseScenario(broken))
    expect(result.failure).toMatchObject({ code: 'EXPECTATION', line: 9 })
    expect(result.text).toBe(broken.replace('what was before\n', ''))
  })
})
