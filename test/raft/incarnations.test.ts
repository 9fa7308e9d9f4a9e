/**
 * Which data directory each server has, as the configuration carries it: told when a server comes
 * in, kept while it stays, and forgotten when it leaves.
 */
import { describe, expect, test } from 'vitest'
import {
  describeNotice,
  type Entry,
  emptyConfiguration,
  encodeConfiguration,
  entry,
  incarnationOf,
  type Leader,
  makeConfiguration,
} from '../../src/raft/index.ts'
import { beat, configurationAt, lastRefusal, settled } from './changing.ts'
import type { Cluster } from './cluster.ts'
import { Bench, type DiskContent } from './harness.ts'
import { appendEntries, type Place } from './messages.ts'

const three = ['s1', 's2', 's3']

function known(cluster: Cluster, at: string): Record<string, number> {
  return Object.fromEntries(cluster.server(at).state.configuration.incarnations ?? [])
}

function change(
  cluster: Cluster,
  voters: readonly string[],
  learners: readonly string[],
  incarnations: Readonly<Record<string, number>> = {},
): void {
  const told = { incarnations: new Map(Object.entries(incarnations)) }
  cluster.at('s1', (s1) => s1.change(voters, learners, told)).settle()
  beat(beat(cluster))
}

/** All voters are known, and s4 has come in as a learner. */
function withLearner(): Cluster {
  const cluster = settled(3, ['s4'])
  change(cluster, three, ['s4'], { s1: 1, s2: 2, s3: 3, s4: 4 })
  return cluster
}

describe('what is known of a server’s data', () => {
  test('is told to every server with the change that brings it in', () => {
    const cluster = withLearner()
    for (const id of [...three, 's4']) {
      expect(known(cluster, id)).toEqual({ s1: 1, s2: 2, s3: 3, s4: 4 })
    }
    expect(incarnationOf(cluster.server('s1').state.configuration, 's4')).toBe(4)
    expect(incarnationOf(cluster.server('s1').state.configuration, 's5')).toBeNull()
  })

  test('stays through changes that do not speak of it, joint ones included', () => {
    const cluster = withLearner()
    cluster.at('s1', (s1) => s1.change(['s1', 's2', 's4']))
    expect(configurationAt(cluster.server('s1'))).toBe('124/123')
    expect(known(cluster, 's1')).toEqual({ s1: 1, s2: 2, s3: 3, s4: 4 })
    cluster.settle()
    beat(beat(cluster))
    expect(configurationAt(cluster.server('s4'))).toBe('124')
    expect(known(cluster, 's4')).toEqual({ s1: 1, s2: 2, s4: 4 })
  })

  test('of a learner that goes while the voters change goes with it', () => {
    const cluster = withLearner()
    change(cluster, ['s1', 's2'], [])
    expect(configurationAt(cluster.server('s1'))).toBe('12')
    expect(known(cluster, 's2')).toEqual({ s1: 1, s2: 2 })
  })

  test('of a voter is never replaced: it has to leave, and to come in again', () => {
    const cluster = withLearner()
    change(cluster, three, ['s4'], { s3: 33 })
    expect(lastRefusal(cluster.server('s1'))).toBe('unchanged')
    change(cluster, three, [], { s3: 33 })
    expect(known(cluster, 's1')).toEqual({ s1: 1, s2: 2, s3: 3 })
    change(cluster, ['s1', 's2'], [])
    expect(known(cluster, 's1')).toEqual({ s1: 1, s2: 2 })
    change(cluster, ['s1', 's2'], ['s3'], { s3: 33 })
    expect(known(cluster, 's2')).toEqual({ s1: 1, s2: 2, s3: 33 })
  })

  test('of a learner, or of a voter of whom nothing was known, may be told later', () => {
    const cluster = settled(3, ['s4'])
    change(cluster, three, ['s4'])
    expect(known(cluster, 's1')).toEqual({})
    change(cluster, three, ['s4'], { s3: 3, s4: 4 })
    change(cluster, three, ['s4'], { s3: 33, s4: 44 })
    expect(known(cluster, 's1')).toEqual({ s3: 3, s4: 44 })
  })

  test('goes with what it has acknowledged: a learner with other data has proven nothing', () => {
    const cluster = withLearner()
    const peerOf = () => (cluster.server('s1').state.role as Leader).peers.get('s4')
    const before = peerOf()?.matchIndex
    expect(before).toBeGreaterThan(0)
    cluster.at('s1', (s1) => s1.change(three, ['s4'], { incarnations: new Map([['s4', 44]]) }))
    expect(peerOf()?.matchIndex).toBe(0)
    // Nor may it vote before it has caught up as what it is now.
    cluster.settle(three)
    cluster.at('s1', (s1) => s1.change([...three, 's4']))
    expect(lastRefusal(cluster.server('s1'))).toBe('notCaughtUp s4')
    beat(beat(cluster))
    expect(peerOf()?.matchIndex).toBeGreaterThan(before ?? 0)
  })
})

describe('a server that comes back empty under its old name', () => {
  const disk = (): DiskContent => ({ currentTerm: 0, votedFor: null, entries: [] })

  function placed(index: number, learners: readonly string[], mine: number | null): Entry {
    const named = new Map(mine === null ? [] : [['s3', mine]])
    const made = makeConfiguration(['s1', 's2'], null, learners, new Map(), named)
    return entry(index, 1, 'configuration', encodeConfiguration(made))
  }

  function told(bench: Bench, ...entries: readonly Entry[]): string[] {
    const first = entries[0]?.index ?? 1
    const commit = first + entries.length - 1
    const prev: Place = first === 1 ? [0, 0] : [first - 1, 1]
    bench.notices.length = 0
    const fields = { to: 's3', term: 1, prev, entries, leaderCommit: commit }
    bench.receive(appendEntries('s1', fields))
    expect(bench.state.commitIndex).toBe(commit)
    return bench.notices
      .filter(({ kind }) => kind === 'removed' || kind === 'added')
      .map((notice) => describeNotice(notice))
  }

  function joiner(content = disk(), incarnation = 33): Bench {
    return new Bench({ id: 's3', incarnation, configuration: emptyConfiguration, disk: content })
  }

  const [before, removal] = [placed(1, ['s3'], 3), placed(2, [], null)]

  test('is not told of its predecessor’s removal, and hears when it is taken in', () => {
    const content = disk()
    const bench = joiner(content)
    expect(told(bench, before)).toEqual([])
    expect(told(bench, removal)).toEqual([])
    expect(bench.state.wasMember).toBe(false)
    // Also where it has these entries from before a start.
    const again = joiner(content)
    expect(again.state.wasMember).toBe(false)
    expect(told(again, placed(3, ['s3'], 33))).toEqual(['is taken in by configuration 3'])
    expect(told(again, placed(4, ['s3'], 33))).toEqual([])
    expect(told(again, placed(5, [], null))).toEqual(['is removed by configuration 5'])
    expect(again.state.wasMember).toBe(true)
    expect(joiner(content).state.wasMember).toBe(true)
  })

  test('is told of its own', () => {
    const bench = joiner(disk(), 3)
    expect(told(bench, before)).toEqual(['is taken in by configuration 1'])
    expect(told(bench, removal)).toEqual(['is removed by configuration 2'])
  })

  test('and, where nobody’s data is known, of whoever had its name', () => {
    const bench = joiner()
    expect(told(bench, placed(1, ['s3'], null), removal)).toEqual(['is removed by configuration 2'])
  })
})
