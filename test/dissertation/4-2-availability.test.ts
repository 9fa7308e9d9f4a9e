/**
 * §4.2, availability while the configuration changes: new servers catch up before they vote
 * (§4.2.1), and servers that were removed do not disturb (§4.2.2, §4.2.3).
 */
import { describe, expect, test } from 'vitest'
import { describeNotice } from '../../src/raft/index.ts'
import { beat, configurationAt, lastRefusal, settled } from '../raft/changing.ts'
import type { Cluster } from '../raft/cluster.ts'

const three = ['s1', 's2', 's3']

function promote(cluster: Cluster): string | null {
  cluster.at('s1', (s1) => s1.change([...three, 's4']))
  return lastRefusal(cluster.server('s1'))
}

describe('a new server first learns without a vote (§4.2.1)', () => {
  test('it is sent the log, and counts for nothing', () => {
    const cluster = settled(3, ['s4'])
    cluster.at('s1', (s1) => s1.propose('a', 'b').change(three, ['s4'])).settle()
    beat(cluster)
    expect(cluster.server('s4').logTerms).toEqual([1, 1, 1, 1])
    // s1 and s4 are two of four, and s1 one of three voters.
    const { commitIndex } = cluster.server('s1').state
    cluster.at('s1', (s1) => s1.propose('c')).settle(['s1', 's4'])
    expect(cluster.server('s4').logTerms).toEqual([1, 1, 1, 1, 1])
    expect(cluster.server('s1').state.commitIndex).toBe(commitIndex)
  })

  test('contact with learners keeps nobody leader', () => {
    const cluster = settled(3, ['s4', 's5', 's6', 's7'])
    const learners = ['s4', 's5', 's6', 's7']
    cluster.at('s1', (s1) => s1.change(three, learners)).settle()
    const s1 = cluster.server('s1')
    for (let i = 0; i < 12 && s1.state.role.kind === 'leader'; i++) {
      beat(cluster, 's1', ['s1', ...learners])
    }
    expect(s1.state.role.kind).toBe('follower')
  })

  test('it gets a vote only once it has caught up', () => {
    const cluster = settled(3, ['s4'])
    cluster.at('s1', (s1) => s1.change(three, ['s4'])).settle(three)
    expect(promote(cluster)).toBe('notCaughtUp s4')
    beat(cluster, 's1', three)
    expect(promote(cluster)).toBe('notCaughtUp s4')
    beat(cluster)
    expect(promote(cluster)).toBeNull()
    cluster.settle()
    expect(configurationAt(cluster.server('s1'))).toBe('1234')
  })

  test('a round as long as an election timeout is followed by another', () => {
    const cluster = settled(3, ['s4'])
    const s1 = cluster.server('s1')
    cluster.at('s1', (server) => server.change(three, ['s4'])).settle(three)
    // Its first answer comes after half a second, the next at once.
    for (let i = 0; i < 10; i++) beat(cluster, 's1', three)
    beat(cluster)
    expect(promote(cluster)).toBe('notCaughtUp s4')
    beat(cluster)
    expect(promote(cluster)).toBeNull()
    expect(s1.notices.map(describeNotice)).toContain('has brought s4 up to date in 2 rounds')
  })

  test('one that has fallen silent since is not caught up any more', () => {
    const cluster = settled(3, ['s4'])
    cluster.at('s1', (s1) => s1.change(three, ['s4'])).settle()
    beat(cluster)
    for (let i = 0; i < 10; i++) beat(cluster, 's1', three)
    expect(promote(cluster)).toBe('notCaughtUp s4')
  })
})

describe('a change that would lose the quorum is refused', () => {
  /** s3 has been silent for a while. */
  function without3(): Cluster {
    const cluster = settled(3)
    for (let i = 0; i < 12; i++) beat(cluster, 's1', ['s1', 's2'])
    return cluster
  }

  test('if too few of the new voters answer, and they are named', () => {
    const cluster = without3().at('s1', (s1) => s1.change(['s1', 's3']))
    expect(lastRefusal(cluster.server('s1'))).toBe('wouldLoseQuorum s3')
    expect(configurationAt(cluster.server('s1'))).toBe('123')
  })

  test('unless it is forced', () => {
    const cluster = without3().at('s1', (s1) => s1.change(['s1', 's3'], [], { force: true }))
    expect(configurationAt(cluster.server('s1'))).toBe('13/123')
  })

  test('but the silent one may be removed', () => {
    const cluster = without3()
      .at('s1', (s1) => s1.change(['s1', 's2']))
      .settle(['s1', 's2'])
    expect(lastRefusal(cluster.server('s1'))).toBeNull()
    expect(configurationAt(cluster.server('s1'))).toBe('12')
  })
})

describe('servers that were removed (§4.2.2)', () => {
  test('are told so before they are sent nothing more', () => {
    const cluster = settled(3)
      .at('s1', (s1) => s1.change(['s1', 's2']))
      .settle()
    const s3 = cluster.server('s3')
    const s1 = cluster.server('s1')
    beat(cluster)
    beat(cluster)
    expect(s3.notices.at(-1)?.kind).toBe('removed')
    s1.sent = []
    s1.wake()
    expect(s1.sent.map(({ to }) => to)).toEqual(['s2'])
    s3.sent = []
    s3.elapse(100_000)
    expect(s3.sent).toEqual([])
  })

  test('are given up after a while if they cannot be reached', () => {
    const cluster = settled(3)
      .at('s1', (s1) => s1.change(['s1', 's2']))
      .settle(['s1', 's2'])
    const heard = new Set<string>()
    for (let i = 0; i < 100; i++) beat(cluster, 's1', ['s1', 's2'])
    const s1 = cluster.server('s1')
    s1.wake()
    for (const { to } of s1.sent) heard.add(to)
    expect([...heard]).toEqual(['s2'])
  })

  test('are told by the next leader, where the one that removed them could not', () => {
    const cluster = settled(4).at('s1', (s1) => s1.change(['s1', 's2', 's3']))
    cluster.settle(['s1', 's2', 's3'])
    cluster.elect('s2', ['s2', 's3']).settle()
    for (let i = 0; i < 3; i++) beat(cluster, 's2')
    expect(cluster.server('s4').notices.at(-1)?.kind).toBe('removed')
  })

  test('depose nobody by the term of a late answer', () => {
    const cluster = settled(3)
      .at('s1', (s1) => s1.change(['s1', 's2']))
      .settle(['s1', 's2'])
    const term = cluster.server('s1').state.currentTerm
    // s3 has not heard of it, and has stood in vain meanwhile.
    cluster.at('s3', (s3) => s3.timeOut().timeOut())
    cluster.network = []
    beat(cluster)
    beat(cluster)
    expect(cluster.server('s1').state).toMatchObject({ currentTerm: term })
    expect(cluster.server('s1').state.role.kind).toBe('leader')
  })

  test('and taken in again have to prove anew what they hold', () => {
    const cluster = settled(3, [])
      .at('s1', (s1) => s1.propose('a', 'b'))
      .settle()
    const before = cluster.server('s1').state
    cluster.at('s1', (s1) => s1.change(['s1', 's2'])).settle(['s1', 's2'])
    // It is not told, and is back as a learner while it is still being told.
    cluster.at('s1', (s1) => s1.change(['s1', 's2'], ['s3']))
    if (before.role.kind !== 'leader') throw new Error('s1 leads')
    expect(before.role.peers.get('s3')?.matchIndex).toBe(0)
    beat(cluster)
    beat(cluster)
    expect(cluster.server('s3').logTerms).toEqual(cluster.server('s1').logTerms)
  })
})
