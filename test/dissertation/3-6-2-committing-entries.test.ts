/**
 * §3.6.2, committing entries from previous terms (R13): only entries of the leader's own term are
 * committed by counting, and what stands before one of them is committed with it. Figure 3.7 is
 * played as it is drawn, to both of its ends.
 */
import { describe, expect, test } from 'vitest'
import type { AppendEntriesRequest } from '../../src/raft/index.ts'
import { Cluster } from '../raft/cluster.ts'
import { Bench } from '../raft/harness.ts'
import { accepted } from '../raft/messages.ts'

describe('a leader counts only entries of its own term', () => {
  test('an entry of an earlier term on every server is not committed', () => {
    const bench = new Bench({ log: [1, 1, 2], voters: 5 }).lead()
    for (const request of bench.takeSent('appendEntriesRequest')) {
      bench.receive({ ...accepted(request), matchIndex: 3 }) // all of the old, none of the new
    }
    expect(bench.state.commitIndex).toBe(0)
  })

  test('it is committed with the first of this term', () => {
    const bench = new Bench({ log: [1, 1, 2], voters: 5 }).lead()
    const [first, second] = bench.takeSent('appendEntriesRequest')
    bench.receive(accepted(first as AppendEntriesRequest))
    expect(bench.state.commitIndex).toBe(0)
    bench.receive(accepted(second as AppendEntriesRequest))
    expect(bench.state.commitIndex).toBe(4)
    expect(bench.applied.map(({ term }) => term)).toEqual([1, 1, 2, 3])
  })

  test('what an earlier leader has committed stays committed, without being counted again', () => {
    const cluster = new Cluster([[], [], []]).elect('s1').settle()
    cluster.at('s1', (s) => s.wake()).settle()
    cluster.elect('s2')
    expect(cluster.leader.id).toBe('s2')
    expect(cluster.leader.state.commitIndex).toBe(1)
  })
})

test('entries keep the term they were created in when a later leader passes them on', () => {
  const cluster = new Cluster([[1, 2, 2], [1], [1]]).elect('s1').settle()
  for (const server of cluster.servers) expect(server.logTerms).toEqual([1, 2, 2, 3])
})

describe('Figure 3.7', () => {
  /** Up to (c): S1 leads term 4 and has the entry of term 2 on S1, S2 and S3. */
  function untilC(): Cluster {
    const cluster = new Cluster([[1], [1], [1], [1], [1]], { currentTerm: 1 })
    // (a) S1 leads term 2; its entry reaches S2.
    cluster.elect('s1', ['s1', 's2', 's3']).settle(['s1', 's2'])
    expect(cluster.server('s2').logTerms).toEqual([1, 2])
    // (b) S1 crashes; S5 wins term 3 with S3 and S4, and writes another entry at index 2.
    cluster.crash('s1').elect('s5', ['s3', 's4', 's5'], 3)
    cluster.network = []
    expect(cluster.server('s5').logTerms).toEqual([1, 3])
    // (c) S5 crashes; S1 wins term 4 with S2 and S3 and goes on replicating.
    cluster.crash('s5').restart('s1')
    cluster.elect('s1', ['s1', 's2', 's3'], 4)
    return cluster
  }

  /** Only the entry of term 2 gets through to S3: S1's requests are cut to it. */
  function replicateTheOldEntryOnly(cluster: Cluster): void {
    cluster.at('s1', (s) => s.wake())
    for (const message of cluster.network.splice(0)) {
      if (message.kind !== 'appendEntriesRequest' || message.to !== 's3') continue
      const probe = { ...message, prevLogIndex: 1, prevLogTerm: 1 }
      const entry = cluster.server('s1').state.log.entryAt(2)
      cluster.deliver({ ...probe, entries: [entry] })
    }
    expect(cluster.server('s3').logTerms).toEqual([1, 2])
    // S1 hears that S3 agrees through 2, and S2 has done so all along.
    for (const message of cluster.network.splice(0)) cluster.deliver(message)
    cluster.network = []
  }

  test('(d1) the entry of term 2, on a majority, is not committed and may be overwritten', () => {
    const cluster = untilC()
    replicateTheOldEntryOnly(cluster)
    const onDisk = cluster.servers.filter(({ logTerms }) => logTerms[1] === 2)
    expect(onDisk.map(({ id }) => id)).toEqual(['s1', 's2', 's3'])
    expect(cluster.server('s1').state.commitIndex).toBe(0)

    cluster.crash('s1').restart('s5')
    cluster.elect('s5', ['s2', 's3', 's4', 's5'], 5).settle(['s2', 's3', 's4', 's5'])
    for (const id of ['s2', 's3', 's4', 's5']) {
      expect(cluster.server(id).logTerms).toEqual([1, 3, 5])
    }
    expect(cluster.server('s5').state.commitIndex).toBe(3)
  })

  test('(d2) with an entry of term 4 on a majority it is committed, and S5 cannot win', () => {
    const cluster = untilC().settle(['s1', 's2', 's3'])
    expect(cluster.server('s1').state.commitIndex).toBe(3)
    expect(cluster.server('s1').logTerms).toEqual([1, 2, 4])

    cluster.crash('s1').restart('s5')
    for (let i = 0; i < 5; i++) {
      cluster.at('s5', (s) => s.timeOut()).settle(['s2', 's3', 's4', 's5'])
      expect(cluster.server('s5').state.role.kind).not.toBe('leader')
    }
    cluster.elect('s2', ['s2', 's3', 's4', 's5']).settle(['s2', 's3', 's4', 's5'])
    expect(cluster.server('s5').logTerms.slice(0, 3)).toEqual([1, 2, 4])
  })
})
