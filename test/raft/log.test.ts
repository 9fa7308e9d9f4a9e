/**
 * The log against a plain list: whatever is appended and cut off, both answer every question alike.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { type Entry, entry, Log } from '../../src/raft/index.ts'
import { entriesOf } from './harness.ts'

/** Terms as a log may have them: not decreasing, with gaps. */
const terms = fc
  .array(fc.integer({ min: 0, max: 3 }), { maxLength: 30 })
  .map((steps) => steps.map((_, i) => 1 + steps.slice(0, i + 1).reduce((a, b) => a + b, 0)))

/** What is asked of a log, answered the long way. */
class NaiveLog {
  readonly entries: Entry[]
  epoch = 0

  constructor(entries: readonly Entry[]) {
    this.entries = [...entries]
  }

  termAt(index: number): number {
    return this.entries.find((e) => e.index === index)?.term ?? 0
  }

  isNoNewerThan(lastTerm: number, lastIndex: number): boolean {
    const ours = [this.entries.at(-1)?.term ?? 0, this.entries.length] as const
    if (lastTerm > ours[0]) return true
    return lastTerm === ours[0] && lastIndex >= ours[1]
  }

  lastIndexNotAbove(term: number, index: number): number {
    let last = 0
    for (const e of this.entries) if (e.index <= index && e.term <= term) last = e.index
    return last
  }

  batch(from: number, bytesMax: number, sizeOf: (e: Entry) => number): Entry[] {
    const batch: Entry[] = []
    let bytes = 0
    for (const e of this.entries.slice(from - 1)) {
      bytes += sizeOf(e)
      if (batch.length > 0 && bytes > bytesMax) return batch
      batch.push(e)
    }
    return batch
  }
}

describe('a log and a list', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), rise: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ kind: fc.constant('truncate' as const), at: fc.nat() }),
  )

  test('agree after any appends and cuts', () => {
    fc.assert(
      fc.property(terms, fc.array(step, { maxLength: 40 }), (start, steps) => {
        const log = new Log(entriesOf(start))
        const naive = new NaiveLog(entriesOf(start))
        for (const { kind, ...how } of steps) {
          if (kind === 'append') {
            const term = Math.max(1, log.lastTerm + (how as { rise: number }).rise)
            const next = entry(log.lastIndex + 1, term, 'command', new Uint8Array(0))
            log.append(next)
            naive.entries.push(next)
          } else if (log.lastIndex > 0) {
            const from = 1 + ((how as { at: number }).at % log.lastIndex)
            log.truncateSuffix(from)
            naive.entries.length = from - 1
            naive.epoch += 1
          }
          expect(log.slice(1, log.lastIndex + 1)).toEqual(naive.entries)
          expect([log.lastIndex, log.lastTerm, log.epoch]).toEqual([
            naive.entries.length,
            naive.entries.at(-1)?.term ?? 0,
            naive.epoch,
          ])
        }
      }),
    )
  })

  test('agree on every question about one index and term', () => {
    const place = fc.integer({ min: 0, max: 35 })
    fc.assert(
      fc.property(terms, place, fc.integer({ min: 0, max: 95 }), (start, index, term) => {
        const log = new Log(entriesOf(start))
        const naive = new NaiveLog(entriesOf(start))
        const exists = index >= 1 && index <= start.length
        expect(log.has(index)).toBe(exists)
        if (exists || index === 0) expect(log.termAt(index)).toBe(naive.termAt(index))
        expect(log.matches(index, term)).toBe(
          index === 0 ? term === 0 : exists && naive.termAt(index) === term,
        )
        expect(log.lastIndexNotAbove(term, index)).toBe(naive.lastIndexNotAbove(term, index))
        expect(log.isNoNewerThan(term, index)).toBe(naive.isNoNewerThan(term, index))
      }),
      { numRuns: 1000 },
    )
  })

  test('agree on batches: contiguous, within the bytes, and one entry in any case', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(sizes, fc.nat(), fc.integer({ min: 1, max: 60 }), (bytes, at, bytesMax) => {
        const entries = bytes.map((n, i) => entry(i + 1, 1, 'command', new Uint8Array(n)))
        const log = new Log(entries)
        const from = 1 + (at % (entries.length + 1))
        const sizeOf = (e: Entry) => e.command.length
        const batch = log.batch(from, bytesMax, sizeOf)
        expect(batch).toEqual(new NaiveLog(entries).batch(from, bytesMax, sizeOf))
        expect(batch.length > 0).toBe(from <= entries.length)
        expect(batch.map(({ index }) => index)).toEqual(batch.map((_, i) => from + i))
        const total = batch.reduce((sum, e) => sum + sizeOf(e), 0)
        expect(total <= bytesMax || batch.length === 1).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a log refuses what would make it something else than a log', () => {
  const log = () => new Log(entriesOf([1, 2, 2]))

  test('gaps, repetitions and terms that go back', () => {
    for (const [index, term] of [
      [5, 2],
      [3, 2],
      [4, 1],
    ] as const) {
      expect(() => log().append(entry(index, term, 'noop', new Uint8Array(0)))).toThrow(
        AssertionError,
      )
    }
    expect(() => new Log(entriesOf([1, 2], 2))).toThrow(AssertionError)
  })

  test('reading and cutting what is not there', () => {
    for (const index of [-1, 0, 4]) {
      expect(() => log().entryAt(index)).toThrow(AssertionError)
      expect(() => log().truncateSuffix(index)).toThrow(AssertionError)
    }
    expect(() => log().slice(0, 2)).toThrow(AssertionError)
    expect(() => log().slice(1, 5)).toThrow(AssertionError)
  })
})
