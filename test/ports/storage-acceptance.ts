/**
 * What every implementation of the `Storage` port must do, run on each of them: in memory, on a
 * fake disk, on the disk of the machine.
 */
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import type { Recovered, SaveBatch, Storage } from '../../src/ports/index.ts'
import { type Entry, entry } from '../../src/raft/index.ts'
import { arbitraryRun, emptyState, stateAfter, stateAfterAll, text } from '../storage/model.ts'

/** One place where state is kept; `open` may be called again when what it gave was closed. */
export interface StorageWorld {
  open(): Storage
  /** Removes what was made. */
  end(): void | Promise<void>
}

function save(storage: Storage, batches: readonly SaveBatch[]): Promise<Error | null> {
  return new Promise((done) => storage.save(batches, done))
}

function close(storage: Storage): Promise<Error | null> {
  return new Promise((closed) => storage.close(closed))
}

function command(index: number, term: number, text = `command ${index}`): Entry {
  return entry(index, term, 'command', Buffer.from(text))
}

function batch(part: Partial<SaveBatch>): SaveBatch {
  return { currentTerm: 1, votedFor: null, truncateFrom: null, entries: [], ...part }
}

export function storageAcceptance(name: string, createWorld: () => StorageWorld): void {
  describe(`storage acceptance: ${name}`, () => {
    let world: StorageWorld
    let storage: Storage

    beforeEach(() => {
      world = createWorld()
      storage = world.open()
    })

    afterEach(() => world.end())

    /** Closes, opens again, and gives what is recovered. */
    async function reopen(): Promise<Recovered> {
      expect(await close(storage)).toBe(null)
      storage = world.open()
      return storage.recover()
    }

    async function saved(...batches: SaveBatch[]): Promise<void> {
      expect(await save(storage, batches)).toBe(null)
    }

    test('a new storage holds term 0, no vote and no entries', async () => {
      expect(storage.recover()).toEqual(emptyState)
      expect(await reopen()).toEqual(emptyState)
    })

    test('the term, the vote and the entries are recovered', async () => {
      storage.recover()
      const entries = [entry(1, 1, 'noop', new Uint8Array(0)), command(2, 1), command(3, 2)]
      const state = batch({ currentTerm: 2, votedFor: 'localhost:5001', entries })
      await saved(state)
      expect(text(await reopen())).toBe(text(stateAfter(emptyState, state)))
    })

    test('a vote is recovered, and a later term forgets it', async () => {
      storage.recover()
      await saved(batch({ votedFor: null }))
      await saved(batch({ votedFor: 's2' }))
      expect(await reopen()).toEqual({ ...emptyState, currentTerm: 1, votedFor: 's2' })
      await saved(batch({ currentTerm: 2 }))
      expect(await reopen()).toEqual({ ...emptyState, currentTerm: 2 })
    })

    test('entries are truncated, and others take their place', async () => {
      storage.recover()
      await saved(batch({ entries: [command(1, 1), command(2, 1), command(3, 1)] }))
      await saved(batch({ currentTerm: 2, truncateFrom: 2, entries: [command(2, 2, 'other')] }))
      const state = await reopen()
      const log = state.entries.map(({ index, term }) => [index, term])
      expect(log).toEqual([
        [1, 1],
        [2, 2],
      ])
      expect(Buffer.from(state.entries[1]?.command ?? []).toString()).toBe('other')
    })

    test('entries are truncated without others in their place, down to none', async () => {
      storage.recover()
      await saved(batch({ entries: [command(1, 1), command(2, 1), command(3, 1)] }))
      await saved(batch({ truncateFrom: 3 }))
      expect((await reopen()).entries).toHaveLength(2)
      await saved(batch({ truncateFrom: 1 }))
      expect((await reopen()).entries).toHaveLength(0)
      await saved(batch({ entries: [command(1, 1)] }))
      expect((await reopen()).entries).toHaveLength(1)
    })

    test('to truncate behind the end of the log is to truncate nothing', async () => {
      storage.recover()
      await saved(batch({ entries: [command(1, 1)] }))
      await saved(batch({ truncateFrom: 2, entries: [command(2, 1)] }))
      await saved(batch({ truncateFrom: 7 }))
      expect((await reopen()).entries.map(({ index }) => index)).toEqual([1, 2])
    })

    test('batches of one save take effect in their order', async () => {
      storage.recover()
      const batches = [
        batch({ entries: [command(1, 1), command(2, 1)] }),
        batch({ currentTerm: 2, votedFor: 's1' }),
        batch({ currentTerm: 3, truncateFrom: 2, entries: [command(2, 3), command(3, 3)] }),
        batch({ currentTerm: 3, votedFor: 's3', truncateFrom: 3 }),
      ]
      await saved(...batches)
      expect(text(await reopen())).toBe(text(stateAfterAll(emptyState, batches)))
    })

    test('a save of nothing new is done as well', async () => {
      storage.recover()
      const state = batch({ votedFor: 's1', entries: [command(1, 1)] })
      await saved(state)
      await saved({ ...state, entries: [] })
      await saved()
      expect(text(await reopen())).toBe(text(stateAfter(emptyState, state)))
    })

    test('commands of any size and content, numbers of any size, names of any kind', async () => {
      storage.recover()
      const term = Number.MAX_SAFE_INTEGER
      const sizes = [0, 1, 455, 456, 457, 511, 512, 513, 3000, 100_000]
      const entries = sizes.map((size, i) =>
        entry(i + 1, term, 'command', new Uint8Array(size).fill(i % 2 === 0 ? 0 : 255)),
      )
      const state = batch({ currentTerm: term, votedFor: 'é 漢 \u{1f980}', entries })
      await saved(state)
      expect(text(await reopen())).toBe(text(stateAfter(emptyState, state)))
    })

    test('done is called later, once, and may save again at once', async () => {
      storage.recover()
      const order: string[] = []
      await new Promise<void>((end) => {
        storage.save([batch({ entries: [command(1, 1)] })], (error) => {
          order.push(`first ${error}`)
          storage.save([batch({ entries: [command(2, 1)] })], (secondError) => {
            order.push(`second ${secondError}`)
            storage.save([], (thirdError) => {
              order.push(`third ${thirdError}`)
              end()
            })
            order.push('second returns')
          })
          order.push('first returns')
        })
        order.push('save returns')
      })
      expect((await reopen()).entries).toHaveLength(2)
      expect(order).toEqual([
        'save returns',
        'first null',
        'first returns',
        'second null',
        'second returns',
        'third null',
      ])
    })

    test('close lets a save that is under way end first', async () => {
      storage.recover()
      const ends: string[] = []
      storage.save([batch({ entries: [command(1, 1)] })], () => ends.push('saved'))
      const closed = close(storage).then(() => ends.push('closed'))
      expect(ends).toEqual([])
      await closed
      expect(ends).toEqual(['saved', 'closed'])
      storage = world.open()
      expect(storage.recover().entries).toHaveLength(1)
    })

    test('what breaks the rules of the log is our own bug, and is not saved', async () => {
      storage.recover()
      const state = batch({ currentTerm: 2, votedFor: 's1', entries: [command(1, 2)] })
      await saved(state)
      const bugs: SaveBatch[] = [
        batch({ currentTerm: 1 }),
        batch({ currentTerm: 2, votedFor: 's2' }),
        batch({ currentTerm: 2, votedFor: null }),
        batch({ currentTerm: 2, votedFor: 's1', truncateFrom: 0 }),
        batch({ currentTerm: 2, votedFor: 's1', entries: [command(1, 2)] }),
        batch({ currentTerm: 2, votedFor: 's1', entries: [command(3, 2)] }),
        batch({ currentTerm: 2, votedFor: 's1', entries: [command(2, 1)] }),
        batch({ currentTerm: 2, votedFor: 's1', entries: [command(2, 3)] }),
      ]
      for (const bug of bugs) {
        expect(() => storage.save([bug], () => {})).toThrow(AssertionError)
        await world.end()
        world = createWorld()
        storage = world.open()
        storage.recover()
        await saved(state)
      }
    })

    test('one save is under way at a time, and none after close', async () => {
      storage.recover()
      const first = save(storage, [batch({})])
      expect(() => storage.save([batch({})], () => {})).toThrow('one save is under way at a time')
      await first
      await close(storage)
      expect(() => storage.save([batch({})], () => {})).toThrow('nothing is saved after close')
    })

    test('any run of saves, with openings between, is recovered as the model says', async () => {
      const plan = fc.tuple(arbitraryRun(12, 1500), fc.array(fc.boolean(), { maxLength: 12 }))
      await fc.assert(
        fc.asyncProperty(plan, async ([run, reopens]) => {
          await world.end()
          world = createWorld()
          storage = world.open()
          storage.recover()
          for (const [i, batches] of run.saves.entries()) {
            await saved(...batches)
            if (reopens[i]) expect(text(await reopen())).toBe(text(run.states[i + 1] as Recovered))
          }
          expect(text(await reopen())).toBe(text(run.states.at(-1) as Recovered))
        }),
        { numRuns: 20 },
      )
    })
  })
}
