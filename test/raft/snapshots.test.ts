/**
 * Snapshots in the core (§5.1): what taking one drops, how one is sent in chunks, and what the
 * answers prove.
 */
import { describe, expect, test } from 'vitest'
import type { InstallSnapshotRequest, Snapshot } from '../../src/raft/index.ts'
import { Bench, type BenchSetup, entriesOf } from './harness.ts'
import { accepted, appendEntries, refused } from './messages.ts'
import { answer, read, taken } from './snapshot-messages.ts'

/** No window, unless a test wants one. */
const noWindow = { trailingEntriesMax: 0 }

/** A leader of term 2 with entries 1 to 6, all committed. */
function leader(options: BenchSetup['options'] = noWindow): Bench {
  const bench = new Bench({ log: [1, 1, 1, 1, 1], options }).lead(2)
  bench.receive(...bench.takeSent('appendEntriesRequest').map(accepted))
  expect(bench.state.commitIndex).toBe(6)
  bench.elapse(bench.state.options.heartbeatIntervalMs)
  bench.receive(...bench.takeSent('appendEntriesRequest').map(accepted))
  return bench
}

function take(bench: Bench, of: Snapshot): Bench {
  return bench.step({ kind: 'snapshotTaken', snapshot: of })
}

describe('taking a snapshot', () => {
  test('drops what it covers, and tells the disk how far', () => {
    const bench = leader()
    bench.raft.step({ kind: 'snapshotTaken', snapshot: taken(4, 1) }, bench.now)
    const { discardPrefix } = bench.raft.takeEffects()
    expect(discardPrefix).toBe(4)
    const { log } = bench.state
    expect([log.baseIndex, log.baseTerm, log.lastIndex]).toEqual([4, 1, 6])
  })

  test('keeps a window by entries', () => {
    const bench = take(leader({ trailingEntriesMax: 3 }), taken(5, 1))
    expect(bench.state.log.baseIndex).toBe(2)
  })

  test('and by bytes, whichever is less', () => {
    const options = { trailingEntriesMax: 3, trailingBytesMax: 5, sizeOfEntry: () => 2 }
    expect(take(leader(options), taken(5, 1)).state.log.baseIndex).toBe(3)
  })

  test('an older one changes nothing', () => {
    const bench = take(take(leader(), taken(5, 1)), taken(3, 1))
    expect(bench.state.snapshot?.lastIndex).toBe(5)
    expect(bench.state.log.baseIndex).toBe(5)
  })

  test('of what is not applied is a broken invariant', () => {
    const bench = leader().propose('x')
    expect(() => take(bench, taken(7, 2))).toThrow('a snapshot covers only what was applied')
  })

  test('entries that are not durable here stay in the log until they are', () => {
    const bench = new Bench({ log: [1], savesAtOnce: false, options: noWindow })
    bench.receive(appendEntries('s2', { term: 1, prev: [1, 1], entries: [1, 1], leaderCommit: 3 }))
    take(bench, taken(3, 1))
    expect(bench.state.log.baseIndex).toBe(1)
    bench.save()
    expect(bench.state.log.baseIndex).toBe(3)
  })

  test('a server comes back with it: committed and applied through its last entry', () => {
    const disk = { currentTerm: 3, votedFor: null, entries: [], snapshot: taken(9, 2) }
    const { state } = new Bench({ disk })
    expect([state.commitIndex, state.lastApplied, state.durableIndex]).toEqual([9, 9, 9])
    expect([state.log.lastIndex, state.log.lastTerm]).toEqual([9, 2])
    expect(state.configuration.voters).toEqual(['s1', 's2', 's3'])
  })
})

describe('sending a snapshot', () => {
  /** A leader whose log begins after 5, and s2, which has told that it holds nothing. */
  function behind(options: BenchSetup['options'] = {}): Bench {
    const disk = { currentTerm: 2, votedFor: 's1', entries: entriesOf([2], 6) }
    const whole = { ...disk, snapshot: taken(5, 1) }
    const second = new Bench({ disk: whole, options: { ...noWindow, ...options } }).lead(3)
    const probes = second.takeSent('appendEntriesRequest')
    second.receive(...probes.filter(({ to }) => to === 's2').map((probe) => refused(probe, [0, 0])))
    return second
  }

  test('a follower that needs what is gone is sent it, chunk after chunk', () => {
    const bench = behind({ snapshotChunkBytesMax: 4 })
    const offsets: number[] = []
    for (const stored of [4, 8]) {
      read(bench)
      const request = bench.takeOnly('installSnapshotRequest')
      expect(request.to).toBe('s2')
      offsets.push(request.offset)
      bench.receive(answer(request, stored))
    }
    read(bench)
    const last = bench.takeOnly('installSnapshotRequest')
    expect([...offsets, last.offset, last.data.length]).toEqual([0, 4, 8, 2])
    bench.receive(answer(last, 10, 5))
    // Then the log goes on from there.
    expect(bench.takeOnly('appendEntriesRequest')).toMatchObject({ to: 's2', prevLogIndex: 5 })
  })

  test('one chunk at a time, however often there is something to send', () => {
    const bench = behind({ snapshotChunkBytesMax: 4 })
    bench.propose('x', 'y')
    expect(bench.chunks.filter(({ kind }) => kind === 'readChunk')).toHaveLength(1)
    read(bench)
    bench.propose('z')
    expect(bench.chunks).toEqual([])
  })

  test('what the follower has already is not sent again', () => {
    const bench = behind({ snapshotChunkBytesMax: 4 })
    read(bench)
    bench.receive(answer(bench.takeOnly('installSnapshotRequest'), 8))
    read(bench)
    expect(bench.takeOnly('installSnapshotRequest').offset).toBe(8)
  })

  test('a follower that lost what it had stored is sent it from its beginning', () => {
    const bench = behind({ snapshotChunkBytesMax: 4 })
    read(bench)
    bench.receive(answer(bench.takeOnly('installSnapshotRequest'), 4))
    read(bench)
    bench.receive(answer(bench.takeOnly('installSnapshotRequest'), 0))
    read(bench)
    expect(bench.takeOnly('installSnapshotRequest').offset).toBe(0)
  })

  test('heartbeats go on meanwhile, about the first place that the leader knows', () => {
    const bench = behind()
    read(bench)
    bench.takeSent('installSnapshotRequest')
    bench.elapse(bench.state.options.heartbeatIntervalMs)
    const [heartbeat] = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    expect(heartbeat).toMatchObject({ prevLogIndex: 5, prevLogTerm: 1, entries: [] })
  })

  test('one of them that succeeds ends it: the follower has caught up by itself', () => {
    const bench = behind()
    bench.elapse(bench.state.options.heartbeatIntervalMs)
    const [heartbeat] = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    bench.receive(accepted(heartbeat as never))
    expect(bench.takeSent('appendEntriesRequest')).toMatchObject([{ to: 's2', prevLogIndex: 5 }])
    read(bench)
    expect(bench.sent).toEqual([])
  })

  test('a chunk that nobody answers is sent again', () => {
    const bench = behind()
    read(bench)
    const [first] = bench.takeSent('installSnapshotRequest')
    let again: InstallSnapshotRequest | undefined
    for (let beats = 0; again === undefined && beats < 10; beats++) {
      bench.elapse(bench.state.options.heartbeatIntervalMs)
      // A majority answers, so that it goes on leading.
      bench.receive(
        ...bench.sent
          .filter((sent) => sent.kind === 'appendEntriesRequest' && sent.to === 's3')
          .map((sent) => accepted(sent as never)),
      )
      read(bench)
      again = bench.takeSent('installSnapshotRequest')[0]
    }
    expect(again).toMatchObject({ offset: 0 })
    expect(again?.requestId).toBeGreaterThan(first?.requestId as number)
  })

  test('where the snapshot has given way to a later one, that is sent from its beginning', () => {
    const bench = behind({ snapshotChunkBytesMax: 4 })
    read(bench)
    bench.receive(answer(bench.takeOnly('installSnapshotRequest'), 4))
    const [effect] = bench.chunks.splice(0)
    if (effect?.kind !== 'readChunk') throw new Error('a chunk is to be read')
    const { peer, offset } = effect
    const gone = { peer, offset, snapshot: effect.snapshot, data: null, checksum: 0 }
    bench.step({ kind: 'chunkRead', ...gone })
    expect(bench.chunks).toMatchObject([{ kind: 'readChunk', offset: 0 }])
  })

  test('while it is on its way, the log behind it is kept for its follower', () => {
    const bench = behind()
    read(bench)
    const request = bench.takeOnly('installSnapshotRequest')
    bench.receive(
      accepted({ ...appendEntries('s1', { to: 's3', term: 3, prev: [7, 3], requestId: 1 }) }),
    )
    expect(bench.state.commitIndex).toBe(7)
    take(bench, taken(7, 3))
    expect(bench.state.log.baseIndex).toBe(5)
    bench.receive(answer(request, 10, 5))
    expect(bench.state.log.baseIndex).toBe(7)
  })

  test('an answer that no server could give is a contradiction', () => {
    const bench = behind()
    read(bench)
    const request = bench.takeOnly('installSnapshotRequest')
    bench.receive({ ...answer(request, 10, 5), requestId: 99 })
    bench.receive(answer(request, 10, 70))
    bench.receive(answer(request, 11))
    expect(bench.notices.filter(({ kind }) => kind === 'contradiction')).toHaveLength(3)
  })
})
