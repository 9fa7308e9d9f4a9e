/**
 * §4.3, arbitrary configuration changes using joint consensus: the log entries of a change, whose
 * majorities count meanwhile, and how a change goes on whoever leads.
 */
import { describe, expect, test } from 'vitest'
import { beat, configurationAt, lastRefusal, settled } from '../raft/changing.ts'
import type { Cluster } from '../raft/cluster.ts'

/** s1 of s1, s2, s3 leads; s4 has become a learner and caught up. */
function withLearner(): Cluster {
  const cluster = settled(3, ['s4'])
  cluster.at('s1', (s1) => s1.change(['s1', 's2', 's3'], ['s4'])).settle()
  beat(cluster)
  return beat(cluster)
}

function all(cluster: Cluster): string[] {
  return cluster.servers.map(configurationAt)
}

describe('a change has two entries', () => {
  test('C-old,new first, and C-new as soon as that is committed', () => {
    const cluster = withLearner()
    cluster.at('s1', (s1) => s1.change(['s1', 's2', 's4']))
    expect(configurationAt(cluster.server('s1'))).toBe('124/123')
    cluster.settle()
    beat(cluster)
    beat(cluster)
    expect(all(cluster).slice(0, 2)).toEqual(['124', '124'])
    expect(configurationAt(cluster.server('s4'))).toBe('124')
    const { log } = cluster.server('s1').state
    const kinds = log.slice(1, log.lastIndex + 1).map(({ kind }) => kind)
    expect(kinds).toEqual(['noop', 'configuration', 'configuration', 'configuration'])
  })

  test('a change of learners and addresses alone has one', () => {
    const cluster = settled(3, ['s4'])
    const addresses = new Map([['s4', 'somewhere:4']])
    cluster.at('s1', (s1) => s1.change(['s1', 's2', 's3'], ['s4'], { addresses })).settle()
    expect(configurationAt(cluster.server('s1'))).toBe('123+4')
    expect(cluster.server('s4').state.configuration.addresses.get('s4')).toBe('somewhere:4')
    expect(cluster.server('s1').state.log.lastIndex).toBe(2)
  })
})

describe('agreement requires separate majorities of both configurations', () => {
  /** s1 has just asked for s1, s4, s5 in the place of s1, s2, s3. */
  function jointAtLeader(): Cluster {
    const cluster = settled(3, ['s4', 's5'])
    cluster.at('s1', (s1) => s1.change(['s1', 's2', 's3'], ['s4', 's5'])).settle()
    beat(cluster)
    beat(cluster)
    return cluster.at('s1', (s1) => s1.change(['s1', 's4', 's5']))
  }

  test('for commitment: neither the new nor the old majority alone commits the joint entry', () => {
    for (const group of [
      ['s1', 's4', 's5'],
      ['s1', 's2', 's3'],
    ]) {
      const cluster = jointAtLeader().settle(group)
      const { state } = cluster.server('s1')
      expect(state.commitIndex).toBe(state.log.lastIndex - 1)
    }
  })

  test('for elections: neither majority alone elects', () => {
    for (const group of [
      ['s2', 's3'],
      ['s4', 's5'],
    ]) {
      const cluster = jointAtLeader()
      // The joint entry is everywhere and committed nowhere: its answers are lost.
      const sent = cluster.network.filter(({ from }) => from === 's1')
      cluster.network = []
      for (const message of sent) cluster.deliver(message)
      cluster.network = []
      const candidate = group[0] as string
      cluster.at(candidate, (server) => server.timeOut()).settle(group)
      expect(cluster.server(candidate).state.role.kind).toBe('candidate')
      // One of the other group more makes both majorities.
      const wider = [...group, ...(candidate === 's2' ? ['s4', 's5'] : ['s2', 's3'])]
      cluster.elect(candidate, wider)
      expect(cluster.server(candidate).state.role.kind).toBe('leader')
    }
  })

  test('for a leader to go on leading: contact with one majority alone is not enough', () => {
    const cluster = jointAtLeader()
    const s1 = cluster.server('s1')
    cluster.settle(['s1', 's2', 's3'])
    for (let i = 0; i < 12; i++) {
      if (s1.state.role.kind === 'leader') beat(cluster, 's1', ['s1', 's2', 's3'])
    }
    expect(s1.state.role.kind).toBe('follower')
  })
})

describe('a server uses the latest configuration in its log, committed or not', () => {
  test('the leader, from the moment it appends it', () => {
    const cluster = withLearner().at('s1', (s1) => s1.change(['s1', 's2', 's4']))
    expect(cluster.server('s1').state.commitIndex).toBeLessThan(
      cluster.server('s1').state.log.lastIndex,
    )
    expect(configurationAt(cluster.server('s1'))).toBe('124/123')
  })

  test('and goes back to the one before when that part of the log is cut off', () => {
    const cluster = withLearner().at('s1', (s1) => s1.change(['s1', 's2', 's4']))
    cluster.network = []
    cluster.elect('s2', ['s2', 's3']).settle()
    beat(cluster, 's2')
    expect(all(cluster)).toEqual(['123+4', '123+4', '123+4', '123+4'])
    const lines = cluster.server('s1').notices.map(({ kind }) => kind)
    expect(lines.filter((kind) => kind === 'configurationAdopted')).toHaveLength(3)
  })

  test('after a restart, too', () => {
    const cluster = withLearner().at('s1', (s1) => s1.change(['s1', 's2', 's4']))
    cluster.crash('s1').restart('s1')
    expect(configurationAt(cluster.server('s1'))).toBe('124/123')
  })
})

describe('a leader that crashes leaves the change to the next one', () => {
  test('with C-old,new committed: the next goes on to C-new, and only then says it is done', () => {
    const cluster = withLearner().at('s1', (s1) => s1.change(['s1', 's2', 's4']))
    // It reaches everybody; s1 crashes before it hears of it.
    for (const message of cluster.network.splice(0)) cluster.deliver(message)
    cluster.network = []
    cluster.crash('s1').elect('s2', ['s2', 's3', 's4']).settle()
    beat(cluster, 's2')
    beat(cluster, 's2')
    expect(configurationAt(cluster.server('s2'))).toBe('124')
    expect(configurationAt(cluster.server('s4'))).toBe('124')
    // s1 hears of it when it is back.
    cluster.restart('s1')
    beat(cluster, 's2')
    beat(cluster, 's2')
    expect(configurationAt(cluster.server('s1'))).toBe('124')
  })

  test('with C-old,new on its own disk alone: the next leader does not know of it', () => {
    const cluster = withLearner().at('s1', (s1) => s1.change(['s1', 's2', 's4']))
    cluster.network = []
    cluster.crash('s1').elect('s3', ['s2', 's3']).settle()
    cluster.restart('s1')
    beat(cluster, 's3')
    beat(cluster, 's3')
    expect(all(cluster)).toEqual(['123+4', '123+4', '123+4', '123+4'])
  })

  test('with C-new uncommitted: it is committed by the next, once', () => {
    const cluster = withLearner().at('s1', (s1) => s1.change(['s1', 's2', 's4']))
    while (configurationAt(cluster.server('s1')) !== '124') {
      cluster.deliver(cluster.network.shift() as never)
    }
    cluster.network = []
    cluster.crash('s1').elect('s4', ['s2', 's3', 's4']).settle()
    beat(cluster, 's4')
    expect(configurationAt(cluster.server('s4'))).toBe('124')
    cluster.restart('s1')
    beat(cluster, 's4')
    beat(cluster, 's4')
    expect(configurationAt(cluster.server('s1'))).toBe('124')
    const { log } = cluster.server('s4').state
    const changes = log.slice(1, log.lastIndex + 1).filter(({ kind }) => kind === 'configuration')
    expect(changes).toHaveLength(3)
  })
})

describe('a leader that is not in C-new', () => {
  function removingItself(): Cluster {
    return withLearner().at('s1', (s1) => s1.change(['s2', 's3', 's4']))
  }

  test('leads until C-new is committed, then steps down and tells the others so', () => {
    const cluster = removingItself()
    const s1 = cluster.server('s1')
    while (configurationAt(s1) !== '234') cluster.deliver(cluster.network.shift() as never)
    expect(s1.state.role.kind).toBe('leader')
    cluster.settle()
    expect(s1.state.role.kind).toBe('follower')
    const last = s1.state.log.lastIndex
    expect(cluster.servers.map(({ state }) => state.commitIndex)).toEqual([last, last, last, last])
  })

  test('does not count itself for what C-new decides', () => {
    const cluster = removingItself()
    const s1 = cluster.server('s1')
    while (configurationAt(s1) !== '234') cluster.deliver(cluster.network.shift() as never)
    // s1 and s2 would be two of three.
    cluster.settle(['s1', 's2'])
    beat(cluster, 's1', ['s1', 's2'])
    expect(s1.state.commitIndex).toBe(s1.state.log.lastIndex - 1)
    cluster.settle(['s1', 's2', 's3'])
    beat(cluster, 's1', ['s1', 's2', 's3'])
    expect(s1.state.commitIndex).toBe(s1.state.log.lastIndex)
  })

  test('stays quiet from then on', () => {
    const cluster = removingItself().settle()
    const s1 = cluster.server('s1')
    const { currentTerm } = s1.state
    s1.elapse(100_000)
    expect(s1.state.currentTerm).toBe(currentTerm)
    expect(s1.sent).toEqual([])
    expect(s1.notices.at(-1)?.kind).toBe('removed')
  })

  test('may be the only voter that there was', () => {
    const cluster = settled(1, ['s2'])
    cluster.at('s1', (s1) => s1.change(['s1'], ['s2'])).settle()
    beat(cluster)
    beat(cluster)
    cluster.at('s1', (s1) => s1.change(['s2'])).settle()
    expect(cluster.server('s1').state.role.kind).toBe('follower')
    cluster.elect('s2', ['s2']).settle()
    cluster.at('s2', (s2) => s2.propose('x'))
    expect(cluster.server('s2').applied.at(-1)?.kind).toBe('command')
  })
})

describe('one change at a time', () => {
  test('none begins while another is under way', () => {
    const cluster = withLearner().at('s1', (s1) => s1.change(['s1', 's2', 's4']))
    cluster.at('s1', (s1) => s1.change(['s1', 's2', 's3']))
    expect(lastRefusal(cluster.server('s1'))).toBe('changeUnderWay')
    // C-old,new is committed, C-new is not.
    while (configurationAt(cluster.server('s1')) !== '124') {
      cluster.deliver(cluster.network.shift() as never)
    }
    cluster.at('s1', (s1) => s1.change(['s1', 's2', 's3']))
    expect(lastRefusal(cluster.server('s1'))).toBe('changeUnderWay')
    cluster.settle()
    cluster.at('s1', (s1) => s1.change(['s1', 's2'], ['s4']))
    expect(lastRefusal(cluster.server('s1'))).toBeNull()
  })

  test('nor before the leader has committed an entry of its own term', () => {
    const cluster = settled(3, ['s4'])
    cluster.elect('s2')
    cluster.at('s2', (s2) => s2.change(['s1', 's2', 's3'], ['s4']))
    expect(lastRefusal(cluster.server('s2'))).toBe('notReady')
    cluster.settle().at('s2', (s2) => s2.change(['s1', 's2', 's3'], ['s4']))
    expect(lastRefusal(cluster.server('s2'))).toBeNull()
  })
})
