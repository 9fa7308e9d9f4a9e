/** Figure 3.2: each guarantee, broken by hand, is found; and what only looks like it is not. */
import { describe, expect, test } from 'vitest'
import { InvariantError } from '../../../src/sim/checkers/index.ts'
import { command, FakeCluster, noop } from './cluster.ts'

/** What breaks in `action`; null where nothing does. */
function brokenBy(action: () => void): string | null {
  try {
    action()
    return null
  } catch (error) {
    if (error instanceof InvariantError) return error.invariant
    throw error
  }
}

describe('election safety', () => {
  test('two leaders in one term', () => {
    const cluster = new FakeCluster()
    cluster.lead(1, 3)
    cluster.look()
    cluster.lead(2, 3)
    expect(brokenBy(() => cluster.look())).toBe('election safety')
  })

  test('one leader twice in one term, with a crash between', () => {
    const cluster = new FakeCluster()
    cluster.lead(1, 3)
    cluster.look()
    cluster.server(1).restart()
    cluster.look()
    cluster.lead(1, 3)
    expect(brokenBy(() => cluster.look(1))).toBe('election safety')
  })

  test('a leader without the votes of a majority, as they were on the wire', () => {
    const vote = (cluster: FakeCluster, voter: number, term: number): void => {
      const { id, up } = cluster.server(voter)
      up.currentTerm = term
      cluster.save(voter, 's1')
      cluster.checkers.sent({
        kind: 'requestVoteResponse',
        from: id,
        to: 's1',
        term,
        voteGranted: true,
        requestId: 1,
      })
    }
    const cluster = new FakeCluster(4, false)
    vote(cluster, 2, 3)
    vote(cluster, 2, 3)
    cluster.lead(1, 3)
    expect(brokenBy(() => cluster.look(1))).toBe('election safety')

    const fine = new FakeCluster(4, false)
    vote(fine, 2, 3)
    vote(fine, 4, 3)
    fine.lead(1, 3)
    expect(brokenBy(() => fine.look(1))).toBeNull()
  })

  test('leaders of different terms, one after the other, are fine', () => {
    const cluster = new FakeCluster()
    cluster.lead(1, 3)
    cluster.look()
    cluster.server(2).append(3)
    cluster.lead(2, 4)
    expect(brokenBy(() => cluster.look())).toBeNull()
  })
})

describe('leader append-only', () => {
  test('a leader that cuts its log, even to append as much again', () => {
    const cluster = new FakeCluster()
    const { up } = cluster.server(1).append(1, 1)
    cluster.lead(1, 2)
    cluster.look()
    up.log.truncateSuffix(3)
    up.log.append(noop(3, 2))
    expect(brokenBy(() => cluster.look(1))).toBe('leader append-only')
  })

  test('a follower may cut, and it is told from where', () => {
    const cluster = new FakeCluster()
    const { up } = cluster.server(1).append(1, 1, 2)
    cluster.look()
    up.log.truncateSuffix(2)
    up.log.append(noop(2, 3))
    expect(brokenBy(() => cluster.look(1))).toBeNull()
    expect(cluster.cuts).toEqual([['s1', 2]])
  })
})

describe('log matching', () => {
  test('one index and term, two contents', () => {
    const cluster = new FakeCluster()
    cluster.server(1).up.log.append(command(1, 1, 7))
    cluster.look()
    cluster.server(2).up.log.append(command(1, 1, 8))
    expect(brokenBy(() => cluster.look(2))).toBe('log matching')
  })

  test('one index and term, other entries before it', () => {
    const cluster = new FakeCluster()
    cluster.server(1).append(1, 3)
    cluster.look()
    cluster.server(2).append(2, 3)
    expect(brokenBy(() => cluster.look(2))).toBe('log matching')
  })

  test('also against a log that is gone', () => {
    const cluster = new FakeCluster()
    cluster.server(1).append(1, 3)
    cluster.look()
    cluster.server(1).restart()
    cluster.look()
    cluster.server(2).append(2, 3)
    expect(brokenBy(() => cluster.look(2))).toBe('log matching')
  })

  test('logs that differ where their terms do are fine', () => {
    const cluster = new FakeCluster()
    cluster.server(1).append(1, 2, 2)
    cluster.server(2).append(1, 3)
    cluster.server(3).append(1, 2, 4)
    expect(brokenBy(() => cluster.look())).toBeNull()
  })
})

/** Entry 2 of term 2 is committed by s1, the leader of term 2; s1 and s2 have it on disk. */
function committed(): FakeCluster {
  const cluster = new FakeCluster()
  cluster.server(1).append(1)
  cluster.server(2).append(1)
  cluster.lead(1, 2)
  cluster.server(2).up.currentTerm = 2
  cluster.server(2).append(2)
  cluster.save(1)
  cluster.save(2)
  cluster.server(1).up.commitIndex = 2
  cluster.look()
  return cluster
}

describe('leader completeness', () => {
  test('a later leader without a committed entry', () => {
    const cluster = committed()
    cluster.server(3).append(1)
    cluster.lead(3, 3)
    expect(brokenBy(() => cluster.look(3))).toBe('leader completeness')
  })

  test('a later leader with it', () => {
    const cluster = committed()
    cluster.lead(2, 3)
    expect(brokenBy(() => cluster.look(2))).toBeNull()
  })

  test('an entry committed in a term below that of a leader who lacks it', () => {
    const cluster = new FakeCluster()
    cluster.server(1).append(1)
    cluster.server(2).append(1)
    cluster.lead(1, 2)
    cluster.save(1)
    cluster.server(2).up.currentTerm = 2
    cluster.server(2).append(2)
    cluster.save(2)
    cluster.look()
    cluster.server(3).append(1)
    cluster.lead(3, 3)
    cluster.look()
    cluster.server(1).up.commitIndex = 2
    expect(brokenBy(() => cluster.look(1))).toBe('leader completeness')
  })
})

describe('state machine safety', () => {
  test('two servers, one index, two entries', () => {
    const cluster = new FakeCluster()
    cluster.checkers.applied('s1', noop(1, 1))
    expect(brokenBy(() => cluster.checkers.applied('s2', noop(1, 2)))).toBe('state machine safety')
    expect(brokenBy(() => cluster.checkers.applied('s3', command(1, 1, 7)))).toBe(
      'state machine safety',
    )
  })

  test('entries that are left out or applied again', () => {
    const cluster = new FakeCluster()
    cluster.checkers.applied('s1', noop(1, 1))
    expect(brokenBy(() => cluster.checkers.applied('s1', noop(3, 1)))).toBe('state machine safety')
    expect(brokenBy(() => cluster.checkers.applied('s1', noop(1, 1)))).toBe('state machine safety')
  })

  test('a server that has crashed applies from the beginning', () => {
    const cluster = new FakeCluster()
    cluster.checkers.applied('s1', noop(1, 1))
    cluster.server(1).restart()
    expect(brokenBy(() => cluster.checkers.applied('s1', noop(1, 1)))).toBeNull()
  })
})

describe('what is committed', () => {
  test('stays what it is', () => {
    const cluster = committed()
    const { up } = cluster.server(3).append(1, 3)
    up.commitIndex = 2
    expect(brokenBy(() => cluster.look(3))).toBe('committed for good')
  })

  test('is cut off by nobody', () => {
    const cluster = committed()
    cluster.server(2).up.log.truncateSuffix(2)
    expect(brokenBy(() => cluster.look(2))).toBe('committed for good')
  })

  test('but to a leader of an earlier term, heard late, who did not know it', () => {
    const cluster = new FakeCluster()
    for (const place of [1, 2, 3]) cluster.server(place).append(1)
    cluster.server(3).append(2)
    cluster.look()
    const replace = (term: number): string | null => {
      cluster.server(3).up.log.truncateSuffix(2)
      cluster.server(3).append(term)
      return brokenBy(() => cluster.look(3))
    }
    // Entry 2 of term 2 is committed by the leader of term 5.
    for (const place of [1, 2]) cluster.server(place).append(2).up.currentTerm = 2
    cluster.lead(1, 5)
    for (const place of [1, 2]) cluster.save(place)
    cluster.server(1).up.commitIndex = 2
    cluster.look(1)
    expect(replace(4)).toBeNull()
    expect(replace(2)).toBeNull()
    expect(replace(6)).toBe('committed for good')
  })

  test('also where that leader has sent only what comes before its place', () => {
    const cutTo = (length: number, term: number | null): string | null => {
      const cluster = new FakeCluster()
      for (const place of [1, 2, 3]) cluster.server(place).append(1, 2, 2).up.currentTerm = 2
      cluster.look()
      cluster.lead(1, 5)
      for (const place of [1, 2]) cluster.save(place)
      cluster.server(1).up.commitIndex = 3
      cluster.look(1)
      cluster.server(3).up.log.truncateSuffix(length + 1)
      if (term !== null) cluster.server(3).append(term)
      return brokenBy(() => cluster.look(3))
    }
    expect(cutTo(1, 4)).toBeNull()
    expect(cutTo(1, 6)).toBe('committed for good')
    expect(cutTo(2, null)).toBe('committed for good')
  })

  test('is on the disks of a majority', () => {
    const cluster = new FakeCluster()
    cluster.lead(1, 1)
    cluster.save(1)
    cluster.server(1).up.commitIndex = 1
    expect(brokenBy(() => cluster.look(1))).toBe('committed on a majority')
  })
})
