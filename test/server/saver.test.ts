/**
 * The queue to the disk: what waits behind a save goes as one batch, what is durable is reported in
 * order, and after a failure nothing is ever reported again.
 */
import { describe, expect, test } from 'vitest'
import type { Save } from '../../src/raft/index.ts'
import { Saver } from '../../src/server/index.ts'
import { FakeStorage } from './fakes.ts'

function save(saveId: number): Save {
  const state = {
    currentTerm: saveId,
    votedFor: null,
    snapshot: null,
    truncateFrom: null,
    entries: [],
  }
  return { ...state, saveId, lastIndex: 0, lastTerm: 0, epoch: 0, thenSend: [] }
}

function rig() {
  const storage = new FakeStorage([])
  const durable: number[][] = []
  const failed: Error[] = []
  let whenDurable: (() => void) | null = null
  const saver = new Saver(
    storage,
    (saves) => {
      durable.push(saves.map(({ saveId }) => saveId))
      whenDurable?.()
    },
    (error) => failed.push(error),
  )
  const batches = () => storage.calls.map((batch) => batch.map(({ currentTerm }) => currentTerm))
  const onDurable = (action: () => void) => {
    whenDurable = action
  }
  return { storage, durable, failed, saver, batches, onDurable }
}

describe('a saver', () => {
  test('starts at once when the disk is idle', () => {
    const { saver, batches } = rig()
    saver.enqueue(save(1))
    expect(batches()).toEqual([[1]])
  })

  test('merges what comes while a save is under way, in order', () => {
    const { saver, storage, batches, durable } = rig()
    for (const id of [1, 2, 3, 4]) saver.enqueue(save(id))
    expect(batches()).toEqual([[1]])
    expect(saver.pending).toBe(4)
    storage.finish()
    expect(durable).toEqual([[1]])
    expect(batches()).toEqual([[1], [2, 3, 4]])
    storage.finish()
    expect(durable).toEqual([[1], [2, 3, 4]])
    expect(saver.pending).toBe(0)
    expect(storage.isBusy).toBe(false)
  })

  test('reports nothing before the disk has', () => {
    const { saver, durable } = rig()
    saver.enqueue(save(1))
    saver.enqueue(save(2))
    expect(durable).toEqual([])
  })

  test('takes what is enqueued while it reports, behind what waits', () => {
    const { saver, storage, batches, onDurable } = rig()
    saver.enqueue(save(1))
    saver.enqueue(save(2))
    let next = 3
    onDurable(() => {
      if (next <= 4) saver.enqueue(save(next++))
    })
    storage.finishAll()
    expect(batches()).toEqual([[1], [2, 3], [4]])
  })

  test('after a failure reports it once, and saves, reports and takes nothing more', () => {
    const { saver, storage, batches, durable, failed } = rig()
    for (const id of [1, 2, 3]) saver.enqueue(save(id))
    storage.finish()
    const broken = new Error('input/output error')
    storage.finish(broken)
    saver.enqueue(save(4))
    expect(failed).toEqual([broken])
    expect(durable).toEqual([[1]])
    expect(batches()).toEqual([[1], [2, 3]])
    expect(storage.isBusy).toBe(false)
  })

  test('once closed reports nothing, not even the save that was under way', () => {
    for (const outcome of [null, new Error('input/output error')]) {
      const { saver, storage, batches, durable, failed } = rig()
      saver.enqueue(save(1))
      saver.enqueue(save(2))
      saver.close()
      saver.enqueue(save(3))
      storage.finish(outcome)
      expect([durable, failed, batches()]).toEqual([[], [], [[1]]])
      expect(storage.isBusy).toBe(false)
    }
  })

  test('closed by what it reports to, starts nothing more', () => {
    const { saver, storage, batches, onDurable } = rig()
    onDurable(() => saver.close())
    saver.enqueue(save(1))
    saver.enqueue(save(2))
    storage.finish()
    expect(batches()).toEqual([[1]])
  })
})
