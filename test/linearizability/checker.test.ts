/** Single cases, each with its reason; and the budgets. */
import { describe, expect, test } from 'vitest'
import {
  type CasRegisterInput,
  type CasRegisterOutput,
  casRegisterModel,
  check,
  type History,
  HistoryBuilder,
  historyFromIntervals,
  type Interval,
  type Model,
  powerSet,
  type RegisterInput,
  type RegisterOutput,
  registerModel,
} from '../../src/linearizability/index.ts'

type RegisterInterval = Interval<RegisterInput, RegisterOutput>

function write(
  value: number,
  callTime: number,
  returnTime: number | null,
  key = '',
): RegisterInterval {
  const input = { kind: 'write', key, value } as const
  const output = returnTime === null ? undefined : ({ kind: 'done' } as const)
  return { process: `writer of ${value}`, input, output, callTime, returnTime: returnTime ?? 0 }
}

function read(
  value: number | null,
  callTime: number,
  returnTime: number,
  key = '',
): RegisterInterval {
  const output = { kind: 'value', value } as const
  return { process: 'reader', input: { kind: 'read', key }, output, callTime, returnTime }
}

function verdictOf(...intervals: readonly RegisterInterval[]): string {
  return check(registerModel, historyFromIntervals(intervals)).verdict
}

describe('a register', () => {
  test('nothing happened: ok', () => {
    expect(verdictOf()).toBe('ok')
  })

  test('a read sees the value written before', () => {
    expect(verdictOf(write(1, 0, 1), read(1, 2, 3))).toBe('ok')
  })

  test('a read may not see what was overwritten before it began', () => {
    expect(verdictOf(write(1, 0, 1), write(2, 2, 3), read(1, 4, 5))).toBe('illegal')
  })

  test('a read may not see what nobody wrote', () => {
    expect(verdictOf(write(1, 0, 1), read(2, 2, 3))).toBe('illegal')
  })

  test('a read may not see what is written only after it', () => {
    expect(verdictOf(read(1, 0, 1), write(1, 2, 3))).toBe('illegal')
  })

  test('concurrent reads may see a write in progress, or not yet', () => {
    expect(verdictOf(write(1, 0, 100), read(1, 25, 75), read(null, 30, 60))).toBe('ok')
  })

  test('but not the one after the other has seen it', () => {
    expect(verdictOf(write(1, 0, 100), read(1, 10, 30), read(null, 40, 70))).toBe('illegal')
  })

  test('registers of different keys are independent', () => {
    const twice = [write(1, 0, 1, 'a'), write(2, 2, 3, 'b'), read(1, 4, 5, 'a')]
    expect(verdictOf(...twice, read(2, 6, 7, 'b'))).toBe('ok')
    expect(verdictOf(...twice, read(1, 6, 7, 'b'))).toBe('illegal')
  })
})

describe('operations that take no time', () => {
  test('of equal times are concurrent', () => {
    expect(verdictOf(read(1, 5, 5), write(1, 5, 5))).toBe('ok')
    expect(verdictOf(read(null, 5, 5), write(1, 5, 5))).toBe('ok')
  })

  test('of different times are not', () => {
    expect(verdictOf(read(1, 5, 5), write(1, 6, 6))).toBe('illegal')
    expect(verdictOf(write(1, 5, 5), read(null, 6, 6))).toBe('illegal')
  })

  test('operations that merely touch are concurrent', () => {
    expect(verdictOf(write(1, 0, 5), read(null, 5, 6))).toBe('ok')
  })
})

describe('operations that were never answered', () => {
  test('may have taken effect', () => {
    expect(verdictOf(write(1, 0, null), read(1, 10, 11))).toBe('ok')
  })

  test('may never take effect', () => {
    expect(verdictOf(write(1, 0, null), read(null, 10, 11), read(null, 20, 21))).toBe('ok')
  })

  test('may take effect late', () => {
    const late = [write(1, 0, null), write(2, 1, 2), read(2, 3, 4), read(1, 5, 6)]
    expect(verdictOf(...late)).toBe('ok')
  })

  test('take effect once only', () => {
    const twice = [write(1, 0, null), read(1, 3, 4), write(2, 5, 6), read(2, 7, 8), read(1, 9, 10)]
    expect(verdictOf(...twice)).toBe('illegal')
  })

  test('take effect after their call only', () => {
    expect(verdictOf(read(1, 0, 1), write(1, 2, null))).toBe('illegal')
  })

  test('two that are alike can both take effect', () => {
    const both = [write(1, 0, null), write(1, 1, null), read(1, 3, 4), write(2, 5, 6)]
    expect(verdictOf(...both, read(2, 7, 8), read(1, 9, 10))).toBe('ok')
    const third = [write(3, 11, 12), read(3, 13, 14), read(1, 15, 16)]
    expect(verdictOf(...both, read(2, 7, 8), read(1, 9, 10), ...third)).toBe('illegal')
  })

  test('many of them are no burden', () => {
    const lost = Array.from({ length: 60 }, (_, i) => write(i, i, null))
    const reads = [read(59, 100, 101), read(3, 102, 103), read(59, 104, 105)]
    const result = check(registerModel, historyFromIntervals([...lost, ...reads]))
    expect(result.verdict).toBe('illegal')
    expect(result.steps).toBeLessThan(1000)
  })

  test('an operation that failed for certain is as if it had never been called', () => {
    const builder = new HistoryBuilder<RegisterInput, RegisterOutput>()
    builder.fail(builder.call('a', { kind: 'write', key: '', value: 1 }))
    const id = builder.call('b', { kind: 'read', key: '' })
    builder.return(id, { kind: 'value', value: 1 })
    expect(check(registerModel, builder.build()).verdict).toBe('illegal')
  })
})

describe('compare-and-set', () => {
  function cas(
    from: number | null,
    to: number,
    outcome: 'done' | 'refused' | 'lost',
    time: number,
  ): Interval<CasRegisterInput, CasRegisterOutput> {
    const output = outcome === 'lost' ? undefined : { kind: outcome }
    const input = { kind: 'cas', key: '', from, to } as const
    return { process: `c${time}`, input, output, callTime: time, returnTime: time }
  }
  const verdict = (
    ...intervals: readonly Interval<CasRegisterInput, CasRegisterOutput>[]
  ): string => check(casRegisterModel, historyFromIntervals(intervals)).verdict

  test('is done where the value is the expected one, and only there', () => {
    expect(verdict(cas(null, 1, 'done', 0), cas(1, 2, 'done', 1))).toBe('ok')
    expect(verdict(cas(null, 1, 'done', 0), cas(3, 2, 'done', 1))).toBe('illegal')
  })

  test('is refused where it is not, and only there', () => {
    expect(verdict(cas(null, 1, 'done', 0), cas(3, 2, 'refused', 1))).toBe('ok')
    expect(verdict(cas(null, 1, 'done', 0), cas(1, 2, 'refused', 1))).toBe('illegal')
  })

  test('of unknown outcome may be done or not', () => {
    expect(verdict(cas(null, 1, 'lost', 0), read(1, 1, 2))).toBe('ok')
    expect(verdict(cas(null, 1, 'lost', 0), read(null, 1, 2))).toBe('ok')
    expect(verdict(cas(3, 1, 'lost', 0), read(1, 1, 2))).toBe('illegal')
  })

  test('an unseen value that was never answered can explain a refusal', () => {
    const lost = write(9, 0, null)
    expect(verdict(lost, cas(null, 1, 'refused', 1))).toBe('ok')
    expect(verdict(cas(null, 1, 'refused', 1))).toBe('illegal')
  })
})

describe('budgets', () => {
  /** Eleven concurrent writes, and a read of what none of them wrote. */
  const hard = historyFromIntervals([
    ...Array.from({ length: 11 }, (_, i) => write(i, 0, 100)),
    ...Array.from({ length: 11 }, (_, i) => read(i, 0, 100)),
    read(77, 200, 201),
  ])

  test('within the budget the history is illegal', () => {
    expect(check(registerModel, hard)).toMatchObject({ verdict: 'illegal', exhausted: null })
  })

  test('past the steps it is unknown, never ok', () => {
    const result = check(registerModel, hard, { stepsMax: 50 })
    expect(result).toMatchObject({ verdict: 'unknown', exhausted: 'steps' })
    expect(result.steps).toBeLessThan(100)
    expect(result.partitions[0]?.verdict).toBe('unknown')
  })

  test('no steps at all: unknown, but for a history without operations', () => {
    expect(check(registerModel, hard, { stepsMax: 0 }).verdict).toBe('unknown')
    expect(check(registerModel, historyFromIntervals([]), { stepsMax: 0 }).verdict).toBe('ok')
    expect(() => check(registerModel, hard, { stepsMax: Number.NaN })).toThrow(RangeError)
  })

  test('past the memory it is unknown', () => {
    const result = check(registerModel, hard, { memoryBytesMax: 20_000 })
    expect(result).toMatchObject({ verdict: 'unknown', exhausted: 'memory' })
  })

  test('it is unknown when the caller says stop', () => {
    let questions = 0
    const result = check(registerModel, hard, { shouldStop: () => ++questions > 0 })
    expect(result).toMatchObject({ verdict: 'unknown', exhausted: 'stopped' })
    expect(questions).toBe(1)
  })

  test('equal histories take equal steps', () => {
    expect(check(registerModel, hard).steps).toBe(check(registerModel, hard).steps)
  })

  test('a failure in one partition is found however hard another is', () => {
    const elsewhere = [write(1, 300, 301, 'other'), read(2, 302, 303, 'other')]
    const intervals: readonly RegisterInterval[] = [
      ...Array.from({ length: 11 }, (_, i) => write(i, 0, 100)),
      ...Array.from({ length: 11 }, (_, i) => read(i, 0, 100)),
      read(77, 200, 201),
    ]
    const history = historyFromIntervals([...intervals, ...elsewhere])
    const stepsMax = 10_000
    expect(check(registerModel, hard, { stepsMax }).verdict).toBe('unknown')
    const result = check(registerModel, history, { stepsMax })
    expect(result.verdict).toBe('illegal')
    expect(result.partitions.map(({ verdict }) => verdict)).toEqual(['unchecked', 'illegal'])
  })
})

describe('a nondeterministic model', () => {
  /** A counter that adds one or two, and says so or not. */
  const counter: Model<readonly number[], 'add' | 'read', number> = powerSet<
    number,
    'add' | 'read',
    number
  >({
    name: 'counter',
    partition: () => '',
    init: () => [0],
    step: (state, input, output) => {
      if (input === 'read') return output === undefined || output === state ? [state] : []
      return [state + 1, state + 2]
    },
    key: (state) => String(state),
    readOnly: (input) => input === 'read',
    describe: (input) => input,
    label: (input) => input,
    describeState: (state) => String(state),
  })

  function history(...answers: readonly ('add' | number)[]): History<'add' | 'read', number> {
    const builder = new HistoryBuilder<'add' | 'read', number>()
    for (const answer of answers) {
      const id = builder.call('a', answer === 'add' ? 'add' : 'read')
      builder.return(id, answer === 'add' ? 0 : answer)
    }
    return builder.build()
  }

  test('allows each of its outcomes', () => {
    expect(check(counter, history('add', 'add', 2)).verdict).toBe('ok')
    expect(check(counter, history('add', 'add', 3)).verdict).toBe('ok')
    expect(check(counter, history('add', 'add', 4)).verdict).toBe('ok')
    expect(check(counter, history('add', 'add', 5)).verdict).toBe('illegal')
  })

  test('remembers what an answer has ruled out', () => {
    expect(check(counter, history('add', 2, 'add', 3)).verdict).toBe('ok')
    expect(check(counter, history('add', 2, 'add', 2)).verdict).toBe('illegal')
    expect(check(counter, history('add', 2, 1)).verdict).toBe('illegal')
  })

  test('a read that rules something out is not taken for granted', () => {
    // One added, one read, one added, two read. Two is possible after the first already, but if it
    // was two then, nobody could have read one.
    const builder = new HistoryBuilder<'add' | 'read', number>()
    builder.return(builder.call('a', 'add'), 0)
    const two = builder.call('b', 'read')
    const one = builder.call('c', 'read')
    const add = builder.call('a', 'add')
    builder.return(two, 2)
    builder.return(one, 1)
    builder.return(add, 0)
    expect(check(counter, builder.build()).verdict).toBe('ok')
  })
})
