/** The ordered map against a Map that is sorted each time it is looked at. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../../src/base/random.ts'
import { OrderedMap } from '../../../src/state-machine/kv/ordered-map.ts'

function sorted(twin: ReadonlyMap<string, number>, start = ''): [string, number][] {
  return [...twin].filter(([key]) => key >= start).sort(([a], [b]) => (a < b ? -1 : 1))
}

type Step =
  | { readonly kind: 'set' | 'delete' | 'from'; readonly key: string }
  | { readonly kind: 'copy' }

/** Plays the steps on both; every copy that was ever made is looked at in the end. */
function play(steps: Iterable<Step>): void {
  const map = new OrderedMap<number>()
  const twin = new Map<string, number>()
  const copies: [OrderedMap<number>, Map<string, number>][] = []
  let number = 0
  for (const step of steps) {
    number += 1
    switch (step.kind) {
      case 'set':
        map.set(step.key, number)
        twin.set(step.key, number)
        expect(map.get(step.key)).toBe(number)
        break
      case 'delete':
        expect(map.delete(step.key)).toBe(twin.delete(step.key))
        expect(map.get(step.key)).toBeUndefined()
        break
      case 'from':
        expect([...map.from(step.key)]).toEqual(sorted(twin, step.key))
        break
      case 'copy':
        copies.push([map.copy(), new Map(twin)])
    }
    expect(map.size).toBe(twin.size)
  }
  copies.push([map, twin])
  for (const [copy, then] of copies) {
    expect([...copy.from('')]).toEqual(sorted(then))
    expect(copy.size).toBe(then.size)
  }
}

describe('an ordered map', () => {
  const key = fc.string({ minLength: 0, maxLength: 2, unit: fc.constantFrom('a', 'b', 'é', '😀') })
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constantFrom('set' as const, 'delete' as const), key }),
      fc.record({ kind: fc.constant('from' as const), key }),
      fc.record({ kind: fc.constant('copy' as const) }),
    ),
    { maxLength: 60 },
  )

  test('is a map whose keys are sorted', () => {
    fc.assert(fc.property(steps, play))
  })

  test('of thousands of keys, that grow and shrink, with copies on the way', () => {
    for (const seed of [1, 2, 3]) {
      const random = new Random(seed)
      const many = Array.from({ length: 12_000 }, (_, i): Step => {
        if (i % 1500 === 700) return { kind: 'copy' }
        const mostly = i < 6000 ? 'set' : 'delete'
        const kind = random.chance(0.8) ? mostly : 'delete'
        return { kind, key: `key ${random.integer(0, 4000)}` }
      })
      play([...many, { kind: 'from', key: 'key 2' }])
    }
  })

  test('takes ascending and descending keys, and can be emptied from either end', () => {
    const keys = Array.from({ length: 5000 }, (_, i) => String(i).padStart(5, '0'))
    const set = (key: string): Step => ({ kind: 'set', key })
    const remove = (key: string): Step => ({ kind: 'delete', key })
    play([...keys.map(set), ...keys.map(remove), ...keys.map(set), { kind: 'from', key: '0400' }])
    play([...keys.toReversed().map(set), { kind: 'copy' }, ...keys.toReversed().map(remove)])
  })
})
