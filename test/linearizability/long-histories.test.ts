/**
 * Histories of realistic length: made by clients of a sequential object, so that they are known to
 * be linearizable, or with answers distorted on the way, and then compared with another algorithm.
 */
import { describe, expect, test } from 'vitest'
import type { Random } from '../../src/base/random.ts'
import {
  type CasRegisterInput,
  type CasRegisterOutput,
  type CommandLog,
  type CommandLogInput,
  type CommandLogOutput,
  casRegisterModel,
  check,
  commandLogModel,
  diagnose,
  type KeyValueInput,
  type KeyValueOutput,
  keyValueModel,
  logCommands,
  type RegisterValue,
} from '../../src/linearizability/index.ts'
import { isExplainedEventByEvent } from './event-by-event.ts'
import { type Run, simulate } from './simulated-run.ts'

type Options = Pick<Run<unknown, unknown, unknown>, 'seed' | 'clients' | 'operations' | 'lost'>

function casRun(
  options: Options,
  keys: number,
  values: number,
): Run<RegisterValue, CasRegisterInput, CasRegisterOutput> {
  return {
    ...options,
    model: casRegisterModel,
    ask: (random) => {
      const key = `k${random.integer(1, keys)}`
      const value = random.integer(1, values)
      const kind = random.pick(['read', 'write', 'cas'] as const)
      if (kind === 'read') return { kind, key }
      if (kind === 'write') return { kind, key, value }
      return { kind, key, from: random.integer(1, values), to: value }
    },
    answer: (state, input) => {
      if (input.kind === 'read') return { kind: 'value', value: state }
      return { kind: input.kind === 'write' || input.from === state ? 'done' : 'refused' }
    },
  }
}

function keyValueRun(options: Options, keys: number): Run<string, KeyValueInput, KeyValueOutput> {
  return {
    ...options,
    model: keyValueModel,
    ask: (random, count) => {
      const key = `k${random.integer(1, keys)}`
      const kind = random.pick(['get', 'get', 'append', 'append', 'append', 'put'] as const)
      return kind === 'get' ? { kind, key } : { kind, key, value: `${count} ` }
    },
    answer: (state, input) =>
      input.kind === 'get' ? { kind: 'value', value: state } : { kind: 'done' },
  }
}

function commandLogRun(options: Options): Run<CommandLog, CommandLogInput, CommandLogOutput> {
  return {
    ...options,
    model: commandLogModel(),
    ask: (random, count) =>
      random.chance(0.1) ? { kind: 'read' } : { kind: 'append', command: `command ${count}` },
    answer: (log, input) =>
      input.kind === 'append'
        ? { kind: 'index', index: log.length + 1 }
        : { kind: 'all', commands: logCommands(log) },
  }
}

/** Now and then a read answers something else. */
function distorted(random: Random, output: CasRegisterOutput): CasRegisterOutput {
  if (output.kind !== 'value' || !random.chance(0.1)) return output
  return { kind: 'value', value: random.integer(1, 3) }
}

const seeds = Array.from({ length: 20 }, (_, seed) => seed)

describe('a history of a sequential object is ok', () => {
  test.each(seeds)('CAS registers, seed %i', (seed) => {
    const history = simulate(casRun({ seed, clients: 8, operations: 1000, lost: 0.05 }, 4, 5))
    expect(check(casRegisterModel, history).verdict).toBe('ok')
  })

  test.each(seeds)('keys and values, seed %i', (seed) => {
    const history = simulate(keyValueRun({ seed, clients: 6, operations: 1000, lost: 0.05 }, 5))
    expect(check(keyValueModel, history).verdict).toBe('ok')
  })

  test.each(seeds)('a log of commands, seed %i', (seed) => {
    const history = simulate(commandLogRun({ seed, clients: 8, operations: 1000, lost: 0.1 }))
    const { verdict, steps } = check(commandLogModel(), history)
    expect(verdict).toBe('ok')
    // What the answers give away keeps the search straight, whatever was lost.
    expect(steps).toBeLessThan(10_000)
  })

  test('a log with gaps between its indexes', () => {
    const run = commandLogRun({ seed: 1, clients: 8, operations: 500, lost: 0.1 })
    const growing = commandLogModel('growing')
    const history = simulate({
      ...run,
      model: growing,
      answer: (log, input): CommandLogOutput =>
        input.kind === 'append'
          ? { kind: 'index', index: log.lastIndex + 1 + (log.length % 3) }
          : { kind: 'all', commands: logCommands(log) },
    })
    expect(check(growing, history).verdict).toBe('ok')
    expect(check(commandLogModel('dense'), history).verdict).toBe('illegal')
  })
})

describe('against another algorithm', () => {
  test('CAS registers with distorted answers, 60 operations each', () => {
    const verdicts = { ok: 0, illegal: 0, unknown: 0 }
    for (let seed = 0; seed < 300; seed++) {
      const run = casRun({ seed, clients: 4, operations: 60, lost: 0.03 }, 1, 3)
      const history = simulate({ ...run, distort: distorted })
      const { verdict } = check(casRegisterModel, history)
      const isOk = isExplainedEventByEvent(casRegisterModel, history.operations)
      expect([seed, verdict]).toEqual([seed, isOk ? 'ok' : 'illegal'])
      verdicts[verdict]++
    }
    expect(verdicts.ok).toBeGreaterThan(30)
    expect(verdicts.illegal).toBeGreaterThan(30)
  })
})

describe('a long history with one wrong answer', () => {
  test('is illegal, and the diagnosis names a handful of operations', () => {
    const run = keyValueRun({ seed: 7, clients: 8, operations: 2000, lost: 0.03 }, 5)
    let count = 0
    const history = simulate({
      ...run,
      // The 300th answer to a get lacks what was appended last.
      distort: (_, output): KeyValueOutput => {
        if (output.kind !== 'value' || ++count !== 300) return output
        return { kind: 'value', value: output.value.replace(/\d+ \d+ \d+ $/, '') }
      },
    })
    const result = check(keyValueModel, history)
    expect(result.verdict).toBe('illegal')
    const diagnosis = diagnose(keyValueModel, result)
    expect(diagnosis?.isShortest).toBe(true)
    expect(diagnosis?.conflict.length).toBeLessThanOrEqual(4)
    expect(diagnosis?.eventCount).toBeLessThan(history.eventCount)
  })
})
