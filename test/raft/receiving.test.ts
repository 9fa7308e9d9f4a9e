/**
 * InstallSnapshot, receiver's side (§5.1): in what order chunks are stored, what takes the place of
 * what when the last one is, and what must not move back.
 */
import { describe, expect, test } from 'vitest'
import type { Snapshot } from '../../src/raft/index.ts'
import { Bench } from './harness.ts'
import { appendEntries } from './messages.ts'
import { chunk, store, taken } from './snapshot-messages.ts'

describe('receiving a snapshot', () => {
  function follower(log: readonly number[] = [1, 1]): Bench {
    return new Bench({ log, currentTerm: 2 })
  }

  function receiveAll(bench: Bench, of: Snapshot): void {
    bench.receive(chunk(of, 0, of.size, 1))
    store(bench)
  }

  test('chunks are stored in order, and what is stored is told', () => {
    const bench = follower()
    const of = taken(5, 1)
    bench.receive(chunk(of, 0, 4, 1))
    expect(bench.sent).toEqual([])
    store(bench)
    expect(bench.takeOnly('installSnapshotResponse')).toMatchObject({
      bytesStored: 4,
      matchIndex: 0,
    })
    bench.receive(chunk(of, 6, 4, 2))
    expect(bench.takeOnly('installSnapshotResponse')).toMatchObject({
      bytesStored: 4,
      requestId: 2,
    })
    expect(bench.chunks).toEqual([])
  })

  test('the last one puts it in the place of a log that ends before it', () => {
    const bench = follower()
    receiveAll(bench, taken(5, 1))
    expect(bench.restored).toMatchObject([{ lastIndex: 5 }])
    const { log, commitIndex, lastApplied, durableIndex } = bench.state
    expect([log.baseIndex, log.lastIndex, commitIndex, lastApplied]).toEqual([5, 5, 5, 5])
    expect(durableIndex).toBe(5)
    expect(bench.disk).toMatchObject({ entries: [], snapshot: { lastIndex: 5 } })
    expect(bench.takeOnly('installSnapshotResponse')).toMatchObject({ matchIndex: 5 })
  })

  test('it is acknowledged only when it is durable', () => {
    const bench = follower()
    bench.savesAtOnce = false
    receiveAll(bench, taken(5, 1))
    expect(bench.sent).toEqual([])
    bench.save()
    expect(bench.takeOnly('installSnapshotResponse')).toMatchObject({ matchIndex: 5 })
  })

  test('a log that disagrees with its last entry is dropped whole, its tail too', () => {
    const bench = follower([1, 1, 1, 1, 1, 1])
    receiveAll(bench, taken(4, 2))
    expect([bench.state.log.baseIndex, bench.state.log.lastIndex]).toEqual([4, 4])
  })

  test('a log that agrees with it stays, with what follows', () => {
    const bench = follower([1, 1, 1, 1, 1, 1])
    bench.receive(chunk(taken(4, 1), 0, 4, 1))
    expect(bench.chunks.filter(({ kind }) => kind === 'storeChunk')).toEqual([])
    expect(bench.restored).toEqual([])
    expect([bench.state.log.baseIndex, bench.state.log.lastIndex]).toEqual([0, 6])
    expect(bench.applied.map(({ index }) => index)).toEqual([1, 2, 3, 4])
    expect(bench.takeOnly('installSnapshotResponse')).toMatchObject({ matchIndex: 4 })
  })

  test('entries that come while it is stored make it needless', () => {
    const bench = follower([1])
    bench.receive(chunk(taken(3, 1), 0, 10, 1))
    bench.receive(appendEntries('s2', { term: 2, prev: [1, 1], entries: [1, 1, 2] }))
    bench.takeSent('appendEntriesResponse')
    store(bench)
    expect(bench.restored).toEqual([])
    expect(bench.state.log.lastIndex).toBe(4)
    expect(bench.takeOnly('installSnapshotResponse')).toMatchObject({ matchIndex: 3 })
  })

  test('an older one that comes late moves nothing back', () => {
    const bench = follower()
    receiveAll(bench, taken(5, 1))
    bench.receive(appendEntries('s2', { term: 2, prev: [5, 1], entries: [2, 2], leaderCommit: 7 }))
    bench.sent = []
    bench.receive(chunk(taken(3, 1), 0, 10, 9), chunk(taken(5, 1), 0, 10, 10))
    expect(bench.restored).toHaveLength(1)
    expect([bench.state.commitIndex, bench.state.log.lastIndex]).toEqual([7, 7])
    const answers = bench.takeSent('installSnapshotResponse')
    expect(answers.map(({ matchIndex }) => matchIndex)).toEqual([3, 5])
  })

  test.each([
    ['another size', taken(5, 1, 11)],
    ['another content', taken(5, 1, 10, 2)],
    ['a later entry', taken(6, 1)],
  ])('a chunk of another snapshot, of %s, never continues it', (_, other) => {
    const bench = follower()
    bench.receive(chunk(taken(5, 1), 0, 4, 1))
    store(bench)
    bench.sent = []
    bench.receive(chunk(other, 4, 4, 2))
    expect(bench.chunks).toEqual([])
    expect(bench.takeOnly('installSnapshotResponse')).toMatchObject({ bytesStored: 0 })
  })

  test('a chunk that the driver refuses counts for nothing', () => {
    const bench = follower()
    bench.receive(chunk(taken(5, 1), 0, 10, 1))
    store(bench, false)
    expect(bench.restored).toEqual([])
    expect(bench.takeOnly('installSnapshotResponse')).toMatchObject({ bytesStored: 0 })
  })

  test('chunks keep a follower from standing for election', () => {
    const bench = follower()
    const { electionTimeoutMinMs } = bench.state.options
    for (let i = 0; i < 10; i++) {
      bench.elapse(electionTimeoutMinMs - 1)
      bench.receive(chunk(taken(5, 1), 7, 1, i + 1))
    }
    expect(bench.state.role).toMatchObject({ kind: 'follower', leaderId: 's2' })
  })

  test('one of an old term is told of the new one', () => {
    const bench = follower()
    bench.receive(chunk(taken(5, 1), 0, 10, 1, 1))
    expect(bench.chunks).toEqual([])
    // The refusal says that it is one of the old term, whoever leads by the time it arrives.
    const refusal = { term: 2, success: false, hintIndex: 0, hintTerm: 1 }
    expect(bench.takeOnly('appendEntriesResponse')).toMatchObject(refusal)
  })

  test('entries from before it are skipped, those after it are taken', () => {
    const bench = follower()
    receiveAll(bench, taken(5, 1))
    bench.sent = []
    const entries = [1, 1, 1, 2]
    bench.receive(appendEntries('s2', { term: 2, prev: [2, 1], entries }))
    expect(bench.state.log.lastIndex).toBe(6)
    expect(bench.takeOnly('appendEntriesResponse')).toMatchObject({ success: true, matchIndex: 6 })
  })

  test('an acknowledgement of a save from before it is not taken for one of it', () => {
    const bench = follower([1])
    bench.savesAtOnce = false
    bench.receive(appendEntries('s2', { term: 2, prev: [1, 1], entries: [2, 2] }))
    receiveAll(bench, taken(3, 1))
    bench.save(1)
    expect(bench.state.durableIndex).toBeLessThan(3)
    bench.save()
    expect(bench.state.durableIndex).toBe(3)
  })
})
