/** The exhaustive explorer: scopes small enough to exhaust in a moment, and what it counts. */
import { describe, expect, test } from 'vitest'
import { Fingerprint, Fingerprints } from '../../src/sim/explore/fingerprints.ts'
import { defaultScope, explore } from '../../src/sim/explore/index.ts'

const small = { ...defaultScope, terms: 1, commands: 1, crashes: 0 }

describe('a scope', () => {
  test('is exhausted, and every guarantee holds in it', () => {
    const result = explore(small)
    expect(result).toMatchObject({ isExhausted: true, breach: null })
    expect(result.states).toBeGreaterThan(300)
    expect(result.localStates).toBeGreaterThan(50)
  })

  test('gives the same numbers each time', () => {
    expect(explore(small)).toEqual(explore(small))
  })

  test('of one server is a chain of its own steps', () => {
    const { states, breach } = explore({ ...small, servers: 1, candidates: 1, crashes: 1 })
    expect(breach).toBeNull()
    expect(states).toBeGreaterThan(3)
    expect(states).toBeLessThan(20)
  })

  test('grows with crashes and with terms, and still holds', () => {
    const base = explore(small).states
    const crashes = explore({ ...small, crashes: 1 })
    const terms = explore({ ...small, commands: 0, terms: 2 })
    expect([crashes.breach, terms.breach]).toEqual([null, null])
    expect(crashes.states).toBeGreaterThan(base)
    expect(terms.states).toBeGreaterThan(base)
  })

  test('that is too large is given up, and not called exhausted', () => {
    const result = explore({ ...defaultScope, statesMax: 5000 })
    expect(result.isExhausted).toBe(false)
    expect(result.breach).toBeNull()
    expect(result.states).toBeGreaterThanOrEqual(5000)
  })
})

test('fingerprints are a set, whatever their number', () => {
  const prints = new Fingerprints()
  const print = new Fingerprint()
  const add = (value: number): boolean => {
    print.start()
    print.mix(value)
    print.mix(value >>> 7)
    print.end()
    return prints.add(print.high, print.low)
  }
  let added = 0
  for (let value = 0; value < 100_000; value++) if (add(value)) added += 1
  for (let value = 0; value < 100_000; value += 97) if (add(value)) added += 1
  expect(added).toBe(100_000)
  expect(prints.size).toBe(100_000)
  expect(prints.add(0, 0)).toBe(true)
  expect(prints.add(0, 0)).toBe(false)
})
