/**
 * What bare successes prove, against an adversary who knows which datagrams were answered: among
 * all assignments of answers to datagrams that fit what the leader saw, the worst for it.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LegacyCredit } from '../../src/raft/index.ts'

/** What a leader sees, in its order: a datagram goes out, or a success comes in. */
type Event = { readonly sent: number } | 'success'

/**
 * The lowest true cover that is possible: each success answers a datagram of its own, sent before
 * it. Found by trying all assignments, so for few events only.
 */
function worstCase(events: readonly Event[]): number {
  let worst = Number.POSITIVE_INFINITY
  const sent: number[] = []
  const used = new Set<number>()
  const walk = (at: number, highest: number): void => {
    const event = events[at]
    if (event === undefined) {
      worst = Math.min(worst, highest)
    } else if (event === 'success') {
      for (const [i, cover] of sent.entries()) {
        if (used.has(i)) continue
        used.add(i)
        walk(at + 1, Math.max(highest, cover))
        used.delete(i)
      }
    } else {
      sent.push(event.sent)
      walk(at + 1, highest)
      sent.pop()
    }
  }
  walk(0, 0)
  return worst
}

/** The m-th smallest cover at each success, the long way; never falling. */
function byTheRule(events: readonly Event[]): number {
  const sent: number[] = []
  let successes = 0
  let certain = 0
  for (const event of events) {
    if (event === 'success') {
      successes += 1
      certain = Math.max(certain, [...sent].sort((a, b) => a - b)[successes - 1] ?? 0)
    } else {
      sent.push(event.sent)
    }
  }
  return certain
}

function creditOf(events: readonly Event[]): number {
  const credit = new LegacyCredit()
  for (const event of events) {
    if (event === 'success') credit.succeeded()
    else credit.sent(event.sent)
  }
  return credit.certain
}

/** Sends, and successes of which there are never more than datagrams. */
function events(lengthMax: number, coverMax: number): fc.Arbitrary<Event[]> {
  const step = fc.oneof(
    fc.record({ sent: fc.integer({ min: 0, max: coverMax }) }),
    fc.constant('success' as const),
  )
  return fc.array(step, { maxLength: lengthMax }).map((steps) => {
    let unanswered = 0
    return steps.filter((step) => {
      unanswered += step === 'success' ? -1 : 1
      if (unanswered >= 0) return true
      unanswered = 0
      return false
    })
  })
}

describe('what is certain', () => {
  test('is exactly what the worst assignment leaves, never more', () => {
    fc.assert(
      fc.property(events(12, 6), (seen) => {
        const worst = worstCase(seen)
        expect(creditOf(seen)).toBe(worst)
      }),
      { numRuns: 2000 },
    )
  })

  test('is the m-th smallest cover', () => {
    fc.assert(
      fc.property(events(200, 40), (seen) => {
        expect(creditOf(seen)).toBe(byTheRule(seen))
      }),
      { numRuns: 500 },
    )
  })

  test('never goes back', () => {
    fc.assert(
      fc.property(events(100, 20), (seen) => {
        const credit = new LegacyCredit()
        let certain = 0
        for (const event of seen) {
          if (event === 'success') credit.succeeded()
          else credit.sent(event.sent)
          expect(credit.certain).toBeGreaterThanOrEqual(certain)
          certain = credit.certain
        }
      }),
    )
  })

  test('never exceeds what was answered, whichever datagrams those were and when they came', () => {
    const datagram = fc.record({
      cover: fc.integer({ min: 0, max: 30 }),
      answered: fc.boolean(),
      delay: fc.integer({ min: 0, max: 60 }),
    })
    fc.assert(
      fc.property(fc.array(datagram, { maxLength: 60 }), (datagrams) => {
        const credit = new LegacyCredit()
        // Answers come back `delay` datagrams later, so in any order; some never do.
        for (let time = 0; time < 120; time++) {
          const now = datagrams[time]
          if (now !== undefined) credit.sent(now.cover)
          for (const [i, { answered, delay }] of datagrams.entries()) {
            if (answered && i + delay === time) credit.succeeded()
          }
          const come = datagrams.filter((d, i) => d.answered && i + d.delay <= time)
          expect(credit.certain).toBeLessThanOrEqual(Math.max(0, ...come.map((d) => d.cover)))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('by example: one success among covers 3, 7, 7 proves 3; two prove 7', () => {
    const credit = new LegacyCredit()
    for (const cover of [7, 3, 7]) credit.sent(cover)
    expect([credit.succeeded(), credit.succeeded(), credit.succeeded()]).toEqual([3, 7, 7])
  })

  test('a heartbeat sent many times needs as many answers, and one, before more is certain', () => {
    const credit = new LegacyCredit()
    for (let i = 0; i < 100; i++) credit.sent(5)
    credit.sent(9)
    for (let i = 0; i < 100; i++) expect(credit.succeeded()).toBe(5)
    expect(credit.succeeded()).toBe(9)
  })
})

describe('past the number of covers that are told apart', () => {
  test('what is certain may be less than the rule gives, never more, and still arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 20 }), (gaps) => {
        const credit = new LegacyCredit()
        const sent: number[] = []
        let cover = 0
        for (let i = 0; i < 6000; i++) {
          cover += 1 + (gaps[i % gaps.length] as number)
          sent.push(cover)
          credit.sent(cover)
        }
        for (let m = 1; m <= sent.length; m++) {
          const certain = credit.succeeded()
          expect(certain).toBeLessThanOrEqual(sent[m - 1] as number)
          expect(certain).toBeGreaterThan(0)
        }
        // The highest cover, too, may have been taken for less; one more request makes up for it.
        credit.sent(cover)
        expect(credit.succeeded()).toBe(cover)
      }),
      { numRuns: 5, endOnFailure: true },
    )
  })
})
