/**
 * What must be true of configurations (§4), broken by hand; and that quorums are those of the
 * configuration that stands in the log, joint ones too.
 */
import { describe, expect, test } from 'vitest'
import { configuration, makeConfiguration } from '../../../src/raft/index.ts'
import { RelayedReads } from '../../../src/raft/relayed-reads.ts'
import { InvariantError } from '../../../src/sim/checkers/index.ts'
import { disjointQuorums, isQuorum } from '../../../src/sim/checkers/quorums.ts'
import { configurationEntry } from '../../raft/changing.ts'
import { FakeCluster } from './cluster.ts'

/** What is said of what breaks in `action`; null where nothing does. */
function brokenBy(action: () => void): string | null {
  try {
    action()
    return null
  } catch (error) {
    if (error instanceof InvariantError) return `${error.invariant}: ${error.detail}`
    throw error
  }
}

/** s1 of three, or more, leads term 1; its no-op is on all disks and committed. */
function led(size = 3): FakeCluster {
  const cluster = new FakeCluster(size)
  cluster.lead(1, 1)
  cluster.look(1)
  for (let place = 2; place <= size; place++) cluster.server(place).append(1).up.currentTerm = 1
  for (let place = 1; place <= size; place++) cluster.save(place)
  cluster.server(1).up.commitIndex = 1
  cluster.look()
  return cluster
}

function append(
  cluster: FakeCluster,
  place: number,
  term: number,
  voters: readonly string[],
  votersOld: readonly string[] | null = null,
): void {
  const { log } = cluster.server(place).up
  log.append(configurationEntry(log.lastIndex + 1, term, voters, votersOld))
}

describe('a new configuration', () => {
  test('joint, after an entry of the own term was committed, is fine', () => {
    const cluster = led()
    append(cluster, 1, 1, ['s1', 's2', 's4'], ['s1', 's2', 's3'])
    expect(brokenBy(() => cluster.look())).toBeNull()
  })

  test('before that is not', () => {
    const cluster = new FakeCluster()
    cluster.lead(1, 1)
    append(cluster, 1, 1, ['s1', 's2', 's4'], ['s1', 's2', 's3'])
    expect(brokenBy(() => cluster.look())).toContain('has committed nothing in its term')
  })

  test('behind one that is not committed is not', () => {
    const cluster = led()
    append(cluster, 1, 1, ['s1', 's2', 's4'], ['s1', 's2', 's3'])
    append(cluster, 1, 1, ['s1', 's2', 's4'])
    expect(brokenBy(() => cluster.look())).toContain('while that at 2 is not committed')
  })

  test('whose quorums could decide apart from the present ones is not', () => {
    const cluster = led()
    append(cluster, 1, 1, ['s3', 's4', 's5'])
    expect(brokenBy(() => cluster.look())).toContain('can decide apart')
  })

  test('that was cut off is gone: what came before it holds', () => {
    const cluster = led()
    append(cluster, 1, 1, ['s1', 's2', 's4'], ['s1', 's2', 's3'])
    cluster.look()
    const { up } = cluster.server(1)
    up.role = { kind: 'follower', leaderId: null, reads: new RelayedReads() }
    up.log.truncateSuffix(2)
    cluster.look()
    cluster.lead(1, 2)
    cluster.save(1)
    for (const place of [2, 3]) {
      cluster.server(place).append(2).up.currentTerm = 2
      cluster.save(place)
    }
    cluster.server(1).up.commitIndex = 2
    append(cluster, 1, 2, ['s1', 's2', 's3'], ['s1', 's2', 's3'])
    expect(brokenBy(() => cluster.look())).toBeNull()
  })
})

describe('an entry is committed by a quorum of the configuration in the log', () => {
  function joint(holders: readonly number[]): string | null {
    const cluster = led(5)
    for (const place of holders) {
      append(cluster, place, 1, ['s1', 's4', 's5'], ['s1', 's2', 's3', 's4', 's5'])
      cluster.save(place)
    }
    cluster.server(1).up.commitIndex = 2
    return brokenBy(() => cluster.look())
  }

  test('of both groups in a joint one', () => {
    expect(joint([1, 4, 5])).toBeNull()
    expect(joint([1, 2, 4])).toBeNull()
    expect(joint([1, 2, 3])).toContain('committed on a majority')
    expect(joint([1, 4])).toContain('committed on a majority')
  })
})

describe('quorums, worked out plainly', () => {
  const joint = makeConfiguration(['s1', 's4', 's5'], ['s1', 's2', 's3'], ['s6'], new Map())

  test('a majority of each group', () => {
    expect(isQuorum(joint, new Set(['s1', 's4', 's2']))).toBe(true)
    expect(isQuorum(joint, new Set(['s4', 's5', 's2', 's6']))).toBe(false)
  })

  test('are apart where two groups of servers can decide each for itself', () => {
    const three = configuration(['s1', 's2', 's3'])
    expect(disjointQuorums(three, configuration(['s1', 's2', 's3', 's4']))).toBeNull()
    expect(disjointQuorums(three, joint)).toBeNull()
    expect(disjointQuorums(three, configuration(['s3', 's4', 's5']))).not.toBeNull()
    expect(disjointQuorums(three, configuration(['s2', 's3', 's4', 's5', 's1']))).not.toBeNull()
  })
})
