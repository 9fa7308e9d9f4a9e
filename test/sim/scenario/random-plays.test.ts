/**
 * Plays written at random, under all invariants: each must converge once everything heals, and its
 * text, run again, must say the same. `PLAYS=5000 FIRST_PLAY=1000` looks further than usual.
 */
import { describe, expect, test } from 'vitest'
import { parseScenario, runScenario } from '../../../src/sim/scenario/index.ts'
import { writePlay } from './random-play.ts'

const plays = Number(process.env.PLAYS ?? 60)
const first = Number(process.env.FIRST_PLAY ?? 1)
const steps = 400

describe('plays written at random', () => {
  for (let seed = first; seed < first + plays; seed++) {
    test(`play ${seed}`, () => {
      const { text, failure } = writePlay(seed, steps)
      if (failure !== null) throw new Error(`${String(failure)}\n${text}`, { cause: failure })
      const result = runScenario(parseScenario(text, `random play ${seed}`))
      expect(result.failure).toBeNull()
      expect(result.text).toBe(text)
    })
  }
})
