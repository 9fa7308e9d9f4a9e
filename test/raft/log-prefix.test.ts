/**
 * A log whose beginning is in a snapshot: it answers every question as the whole log would, as far
 * as it can know, and says so where it cannot (§5.1).
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { Log } from '../../src/raft/index.ts'
import { entriesOf } from './harness.ts'

const terms = fc
  .array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 30 })
  .map((steps) => steps.map((_, i) => 1 + steps.slice(0, i + 1).reduce((a, b) => a + b, 0)))

/** A log, the same with its beginning cut off, and where. */
const cutLogs = fc.tuple(terms, fc.nat()).map(([all, at]) => {
  const base = 1 + (at % all.length)
  const whole = new Log(entriesOf(all))
  const cut = new Log(entriesOf(all))
  cut.discardPrefix(base)
  return { whole, cut, base, all }
})

describe('a log without its beginning', () => {
  test('ends where it did, and knows the terms from its base on', () => {
    fc.assert(
      fc.property(cutLogs, ({ whole, cut, base }) => {
        expect([cut.baseIndex, cut.firstIndex]).toEqual([base, base + 1])
        expect([cut.lastIndex, cut.lastTerm]).toEqual([whole.lastIndex, whole.lastTerm])
        expect(cut.baseTerm).toBe(whole.termAt(base))
        expect(cut.epoch).toBe(whole.epoch)
        for (let index = base; index <= whole.lastIndex; index++) {
          expect(cut.termAt(index)).toBe(whole.termAt(index))
          expect(cut.matches(index, whole.termAt(index))).toBe(true)
          expect(cut.matches(index, whole.termAt(index) + 1)).toBe(false)
          expect(cut.has(index)).toBe(index > base)
        }
        for (let index = 0; index < base; index++) {
          expect(cut.has(index)).toBe(false)
          expect(cut.knowsTerm(index)).toBe(false)
          expect(cut.matches(index, whole.termAt(index))).toBe(false)
          expect(() => cut.termAt(index)).toThrow(AssertionError)
        }
      }),
    )
  })

  test('finds where a term ends as the whole log does, or that it lies before its base', () => {
    fc.assert(
      fc.property(cutLogs, fc.nat(70), fc.nat(35), ({ whole, cut, base }, term, index) => {
        const expected = whole.lastIndexNotAbove(term, index)
        const found = cut.lastIndexNotAbove(term, index)
        if (expected >= base) expect(found).toBe(expected)
        else expect(found).toBeLessThan(base)
      }),
    )
  })

  test('gives out the same entries, and counts the bytes of those it holds', () => {
    fc.assert(
      fc.property(cutLogs, ({ whole, cut, base, all }) => {
        const rest = whole.slice(base + 1, whole.lastIndex + 1)
        expect(cut.slice(base + 1, cut.lastIndex + 1)).toEqual(rest)
        expect(cut.batch(base + 1, 1e9, () => 1)).toEqual(rest)
        expect(cut.bytes).toBe(rest.reduce((sum, { command }) => sum + command.length, 0))
        expect(() => cut.slice(base, base + 1)).toThrow(AssertionError)
        const anew = new Log(entriesOf(all.slice(base), base + 1), base, whole.termAt(base))
        expect(anew.lastIndex).toBe(whole.lastIndex)
      }),
    )
  })

  test('grows and is cut off at its end like any other', () => {
    const log = new Log(entriesOf([1, 1, 2, 2, 3]))
    log.discardPrefix(3)
    log.truncateSuffix(5)
    expect([log.lastIndex, log.lastTerm, log.epoch]).toEqual([4, 2, 1])
    log.truncateSuffix(4)
    expect([log.lastIndex, log.lastTerm, log.bytes]).toEqual([3, 2, 0])
    log.append(entriesOf([4], 4)[0] as never)
    expect([log.lastIndex, log.lastTerm]).toEqual([4, 4])
    expect(() => log.truncateSuffix(3)).toThrow(AssertionError)
  })

  test('begins anew after the snapshot that takes its place', () => {
    const log = new Log(entriesOf([1, 1, 2]))
    log.replaceBy(7, 3)
    expect([log.baseIndex, log.lastIndex, log.lastTerm, log.bytes]).toEqual([7, 7, 3, 0])
    expect(log.epoch).toBe(1)
    expect(() => log.replaceBy(7, 3)).toThrow(AssertionError)
  })
})
