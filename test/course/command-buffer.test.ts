/** The buffer of commands that wait for a leader, against a naive twin. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CommandBuffer, type TravellingCommand } from '../../src/course/command-buffer.ts'

function command(length: number, hops: number): TravellingCommand {
  return { command: new Uint8Array(length), hops }
}

test('it is a queue that drops the oldest past its limits, and says how many', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), length: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ kind: fc.constant('shift' as const) }),
    fc.record({ kind: fc.constant('unshift' as const), count: fc.integer({ min: 0, max: 4 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const buffer = new CommandBuffer(6, 30)
      let model: TravellingCommand[] = []
      let number = 0
      const trim = (): number => {
        const before = model.length
        const bytes = (): number => model.reduce((sum, one) => sum + one.command.length, 0)
        while (model.length > 6 || (bytes() > 30 && model.length > 1)) model.shift()
        return before - model.length
      }
      for (const one of steps) {
        number += 1
        if (one.kind === 'push') {
          model.push(command(one.length, number))
          expect(buffer.push(command(one.length, number))).toBe(trim())
        } else if (one.kind === 'shift') {
          expect(buffer.shift()).toEqual(model.shift() ?? null)
        } else {
          const back = Array.from({ length: one.count }, (_, i) => command(3, number + i / 10))
          model = [...back, ...model]
          expect(buffer.unshift(back)).toBe(trim())
        }
        expect(buffer.length).toBe(model.length)
      }
      for (const left of model) expect(buffer.shift()).toEqual(left)
      expect(buffer.shift()).toBeNull()
    }),
  )
})

test('one command above the limit of bytes is kept all the same', () => {
  const buffer = new CommandBuffer(2, 10)
  expect(buffer.push(command(50, 1))).toBe(0)
  expect(buffer.push(command(1, 2))).toBe(1)
  expect(buffer.shift()?.hops).toBe(2)
})
