/** `kontiki explain`: what it makes of the answers of servers, and what it says of real ones. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findings } from '../../src/cli/explain/findings.ts'
import { viewOf } from '../../src/cli/status/cluster-view.ts'
import type { ServerReport, ServerStatus } from '../../src/library/index.ts'
import { leads, says, silent, status } from './statuses.ts'
import { Store } from './store.ts'

/** `!` before what is a fault. */
function told(...reports: readonly ServerReport[]): string[] {
  return findings(viewOf(reports)).map(({ server, weight, text }) => {
    return `${weight === 'fault' ? '!' : ' '} ${server === null ? '' : `${server} `}${text}`
  })
}

const waiting = { role: 'follower', leaderId: 'a', leaderContactMs: 300 } as const
const asking = { role: 'preCandidate', leaderId: null, leaderContactMs: 2000 } as const

describe('of disks', () => {
  const full = { disk: 'full' } as const

  test('a follower whose disk is full stores no more, and the others go on', () => {
    expect(told(says(leads('a')), says(status('b', full)), says(status('c')))).toEqual([
      '  a leads in term 5, with 3 of 3 voters',
      '! b disk full: it stores no more commands; make room, and it goes on',
    ])
  })

  test('where too many are full nobody takes commands, and the leader says so', () => {
    const peers = (leads('a').peers ?? []).map((peer) => ({ ...peer, diskIsFull: true }))
    const lines = told(says(leads('a', { peers })), says(status('b', full)), says(status('c')))
    expect(lines[1]).toBe(
      '! b disk full: it stores no more commands, and so do too many others: a refuses them; ' +
        'make room, and it goes on',
    )
  })

  test('a leader that is full keeps its office only where nobody has room', () => {
    expect(told(says(leads('a', full)), says(status('b')), says(status('c')))[1]).toBe(
      '! a disk full: it leads, refuses commands, and knows nobody with room; make room, ' +
        'and it goes on',
    )
  })

  test('one that hangs is told with what waits for it', () => {
    const hung = { disk: 'silent', savesPending: 3 } as const
    expect(told(says(leads('a')), says(status('b', hung)), says(status('c')))[1]).toBe(
      '! b disk hangs: it has saved nothing of late, and 3 writes wait',
    )
  })
})

describe('of who leads', () => {
  test('it says that all is well', () => {
    expect(told(says(leads('a')), says(status('b')), says(status('c')))).toEqual([
      '  a leads in term 5, with 3 of 3 voters',
    ])
  })

  test('it says how many voters are missing, and which', () => {
    const reports = [silent('a', 'UNREACHABLE'), silent('b', 'TIMEOUT'), says(status('c', asking))]
    expect(told(...reports)).toEqual([
      '! there is no leader: 1 of 3 voters answer, and 2 are needed; start 1 of a, b',
      '! a (a voter) cannot be reached: because of a',
      '! b (a voter) is silent: because of b',
    ])
    expect(told(silent('a', 'TIMEOUT'))[0]).toBe('! there is no leader: no server answers')
  })

  test('it asks for a majority of both groups of a change', () => {
    const change = { ...asking, voters: ['b', 'c', 'd'], votersOld: ['a', 'b', 'c'] }
    const four = (id: string): ServerReport => says(status(id, change), `h:${id}`)
    expect(told(four('c'), four('d'), silent('a', 'TIMEOUT'), silent('b', 'TIMEOUT'))[0]).toBe(
      '! there is no leader: 1 of 3 voters answer, and 2 are needed; start 1 of a, b',
    )
    expect(told(four('b'), four('c'))[0]).toBe(
      '! there is no leader in term 5, though a majority answers',
    )
  })

  test('it says who can win, and what the others wait for', () => {
    const behind = { ...asking, lastLogIndex: 12, lastLogTerm: 4 }
    expect(told(says(status('b', behind)), says(status('c', waiting)))).toEqual([
      '! there is no leader in term 5, though a majority answers',
      '  c can win all votes: the latest log, to 10@5',
      '  b asks whether it would be elected, with a log that ends early, at 12@4',
      '  c waits for a, last heard 0.3 s ago; it stands for election after 0.4 s to 0.8 s ' +
        'without one',
    ])
    const equal = told(
      says(status('b', asking)),
      says(status('c', { ...asking, role: 'candidate' })),
    )
    expect(equal.slice(1)).toEqual([
      '  any of b, c can win: equal logs',
      '  b asks whether it would be elected',
      '  c stands for election',
    ])
  })

  test('it says of a leader that nobody answers that it can do nothing', () => {
    const alone = leads('a', { peers: [] })
    expect(told(says(alone), says(status('b')), says(status('c')))[0]).toBe(
      '! a leads in term 5, with 3 of 3 voters, and is answered by too few to commit anything: ' +
        '2 needed',
    )
  })
})

describe('of a server that is not as it should be', () => {
  const well = [says(leads('a')), says(status('b'))]
  const of = (given: Partial<ServerStatus>): string[] =>
    told(...well, says(status('c', given))).slice(1)

  test('it tells what part it has', () => {
    expect(of({ part: 'learner' })).toEqual([
      '  c is a learner: it is sent everything, and does not vote',
    ])
    expect(of({ part: 'removed' })[0]).toMatch(/^ {2}c was removed from the cluster/)
    expect(of({ part: 'joining', voters: [] })[0]).toMatch(
      /^! c waits .*: nobody has spoken to it$/,
    )
    expect(of({ part: 'joining', voters: ['a', 'b'] })[0]).toMatch(
      /^! c waits to be added .*: a, b vote, and it is none of them \(kontiki member add\)$/,
    )
  })

  test('it tells what the server itself says of its cluster', () => {
    const cluster = {
      ...{ clusterId: null, incarnation: 'ab', standing: 'founding' as const },
      ...{ waiting: 'it waits for b', refusals: ['b: another cluster'] },
    }
    expect(of({ part: 'joining', cluster })).toEqual([
      '! c says: it waits for b',
      '! c says: b: another cluster',
    ])
  })

  test('it tells that the disk is what everything waits for', () => {
    expect(of({ savesPending: 3, lastLogIndex: 500, durableIndex: 200 })).toEqual([
      '! c waits for its disk: 300 entries are not durable, in 3 writes',
    ])
  })

  test('it tells why it is behind', () => {
    const far = { commitIndex: 5000, lastApplied: 5000 }
    const peers = (given: object) => leads('a').peers?.map((peer) => ({ ...peer, ...given })) ?? []
    const seen = (given: object, of: Partial<ServerStatus>): string[] =>
      told(says(leads('a', { ...far, peers: peers(given) })), says(status('c', of))).slice(1)
    expect(seen({ install: { bytes: 7, bytesTotal: 90 } }, {})).toEqual([
      '  c is 4990 entries behind, and is sent a snapshot, since the log begins later: it has 7 ' +
        'of 90 bytes',
    ])
    expect(seen({}, { lastLogIndex: 5000 })).toEqual([
      '  c is 4990 entries behind: it has them, and is applying them',
    ])
    expect(seen({ nextIndex: 401, matchIndex: 300, contactMs: 40 }, {})).toEqual([
      '  c is 4990 entries behind: a has sent up to 400, knows that it has 300, and was last ' +
        'answered 0.0 s ago',
    ])
    expect(told(says(leads('a', { ...far, peers: [] })), says(status('c'))).slice(1)).toEqual([
      '! c is 4990 entries behind: a leads, and does not know it',
    ])
  })

  test('it tells that it does not hear the leader that there is', () => {
    expect(of({ leaderId: null, role: 'preCandidate', leaderContactMs: 12_000 })).toEqual([
      '! c last heard a leader 12 s ago, while a leads, though it answers a: ' +
        'what a sends arrives ' +
        'late',
    ])
    const cut = leads('a').peers?.map((peer) => ({ ...peer, contactMs: null })) ?? []
    const [, b] = told(
      says(leads('a', { peers: cut })),
      says(status('b', { leaderContactMs: null })),
    )
    expect(b).toBe(
      '! b has never heard a leader, while a leads: ' +
        'what a sends does not arrive, or what it answers',
    )
    expect(of({ role: 'leader', leaderId: 'c', term: 4 })).toEqual([
      '  c led in term 4, and has not heard that a leads now',
    ])
  })

  test('it tells that state machines have parted', () => {
    const digests = told(
      says(leads('a', { digest: 'aa' })),
      says(status('b', { digest: 'bb' })),
      says(status('c', { digest: 'aa' })),
    )
    expect(digests.at(-1)).toBe(
      '! state machines have parted: at entry 10 they are not alike: a, c (aa); b (bb)',
    )
    expect(of({ digest: 'cc', lastApplied: 9 })).toEqual([])
  })

  test('it tells which votes were refused of late, and why', () => {
    const text = "refuses b a vote for term 6: the candidate's log ends with 3@2, its own with 9@5"
    const recent = [
      { agoMs: 61_000, kind: 'voteRefused', text: 'long ago', count: 1 },
      { agoMs: 900, kind: 'voteRefused', text, count: 4 },
      { agoMs: 900, kind: 'roleChanged', text: 'becomes follower', count: 1 },
    ] as const
    expect(of({ recent })).toEqual([`  c ${text} (0.9 s ago, 4 times)`])
  })
})

describe('of real servers', () => {
  let store: Store
  beforeEach(async () => {
    store = await Store.make()
  })
  afterEach(() => store.remove())

  test('it says what is missing, and what has come back', async () => {
    await store.startAll()
    const leader = await store.leader()
    expect((await store.run(['kv', 'put', 'k', 'v'])).status).toBe(0)
    const well = await store.run(['explain'])
    expect([well.status, well.stderr]).toEqual([0, ''])
    expect(well.stdout).toMatch(
      new RegExp(`^ {2}${leader} leads in term \\d+, with 3 of 3 voters$`, 'm'),
    )
    const others = ['a', 'b', 'c'].filter((name) => name !== leader)
    await Promise.all(others.map((name) => store.kill(name)))
    const [first, second] = others as [string, string]
    // Until it has noticed itself, it leads and is answered by nobody.
    const { stdout, status: code } = await soon(store, /there is no leader/)
    expect(code).toBe(1)
    expect(stdout).toContain(
      '! there is no leader: 1 of 3 voters answer, and 2 are needed; ' +
        `start 1 of ${first}, ${second}\n`,
    )
    expect(stdout).toMatch(
      new RegExp(`^! ${first} \\(a voter\\) cannot be reached: .*ECONNREFUSED`, 'm'),
    )
    await store.start(first)
    const again = await soon(store, /leads in term/)
    expect(again.stdout).toMatch(/with 2 of 3 voters$/m)
    const json = JSON.parse((await store.run(['explain', '--json'])).stdout)
    expect(json.findings).toContainEqual(
      expect.objectContaining({ server: second, weight: 'fault' }),
    )
    const { stdout: recent } = await store.run(['explain', '--recent'])
    expect(recent).toMatch(/^ +-\d.* s \w becomes leader in term \d+: votes of /m)
  })
})

async function soon(
  store: Store,
  what: RegExp,
): Promise<{ stdout: string; status: number | null }> {
  for (const deadline = Date.now() + 20_000; ; ) {
    const ended = await store.run(['explain', '--timeout', '500ms'])
    if (what.test(ended.stdout) || Date.now() > deadline) return ended
  }
}
