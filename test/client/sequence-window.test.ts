/** Sequence numbers against the obvious set of them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SequenceWindow } from '../../src/client/sequence-window.ts'

test('the lowest unsettled number is that of the plain set', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 700 }),
      fc.array(fc.tuple(fc.boolean(), fc.nat()), { maxLength: 1500 }),
      (spanMax, steps) => {
        const window = new SequenceWindow(spanMax)
        const unsettled = new Set<number>()
        let next = 1
        for (const [isTake, which] of steps) {
          const lowest = unsettled.size === 0 ? next : Math.min(...unsettled)
          expect(window.lowestUnsettled).toBe(lowest)
          expect(window.isFull).toBe(next - lowest >= spanMax)
          if (isTake && !window.isFull) {
            expect(window.take()).toBe(next)
            unsettled.add(next)
            next += 1
          } else if (unsettled.size > 0) {
            const number = [...unsettled][which % unsettled.size] as number
            unsettled.delete(number)
            window.settle(number)
          }
        }
      },
    ),
    { numRuns: 50 },
  )
})

test('a number is settled once, and only one that was given out', () => {
  const window = new SequenceWindow(10)
  const number = window.take()
  window.settle(number)
  expect(() => window.settle(number)).toThrow('was not waiting')
  expect(() => window.settle(2)).toThrow('was not waiting')
})
