/**
 * The search itself, where histories do not get to: operations that were not answered but can take
 * effect only until some time, as the diagnosis makes them; and reads that rule something out.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  casRegisterModel,
  commandLogModel,
  type History,
  historyFromIntervals,
  type Interval,
  keyValueModel,
  type Model,
  type RegisterInput,
  type RegisterOutput,
  registerModel,
  versionedKvModel,
} from '../../src/linearizability/index.ts'
import { Search } from '../../src/linearizability/search.ts'
import { SortedOperations } from '../../src/linearizability/search-order.ts'
import {
  casRegisterHistories,
  commandLogHistories,
  keyValueHistories,
  registerHistories,
  versionedKvHistories,
} from './arbitrary-histories.ts'
import { isLinearizable } from './naive.ts'

describe('register', () => findsWhatThereIs(registerModel, registerHistories))
describe('cas-register', () => findsWhatThereIs(casRegisterModel, casRegisterHistories))
describe('kv', () => findsWhatThereIs(keyValueModel, keyValueHistories))
describe('versioned-kv', () => findsWhatThereIs(versionedKvModel, versionedKvHistories))
describe('command-log', () => findsWhatThereIs(commandLogModel(), commandLogHistories))
describe('growing-command-log', () =>
  findsWhatThereIs(commandLogModel('growing'), commandLogHistories))

function findsWhatThereIs<State, Input, Output>(
  model: Model<State, Input, Output>,
  histories: fc.Arbitrary<History<Input, Output>>,
): void {
  /** The answers of some operations are forgotten, but not when they returned. */
  const forgetful = fc.tuple(histories, fc.nat(63)).map(([{ operations }, mask]) => {
    const [first] = operations
    return operations
      .filter(({ input }) => first && model.partition(input) === model.partition(first.input))
      .map((one, i) => ((mask >> i) & 1 ? { ...one, output: undefined } : one))
  })

  test('with operations that can take effect only until some time', () => {
    fc.assert(
      fc.property(forgetful, (operations) => {
        const search = new Search(model, operations, { bytesLeft: 1e9 })
        expect(search.run(1e6)).toBe(isLinearizable(model, operations) ? 'ok' : 'illegal')
      }),
      { numRuns: 1000 },
    )
  })

  test('in any number of runs, with the same steps', () => {
    fc.assert(
      fc.property(forgetful, (operations) => {
        const whole = new Search(model, operations, { bytesLeft: 1e9 })
        const status = whole.run(1e6)
        const pieces = new Search(model, operations, { bytesLeft: 1e9 })
        let piecesStatus = pieces.run(1)
        while (piecesStatus === 'paused') piecesStatus = pieces.run(1)
        expect([piecesStatus, pieces.steps]).toEqual([status, whole.steps])
      }),
    )
  })
}

const write = (value: number | null): RegisterInput => ({ kind: 'write', key: '', value })
const readOf = { kind: 'read', key: '' } as const
const done = { kind: 'done' } as const
const span = (
  input: RegisterInput,
  output: RegisterOutput,
  callTime: number,
  returnTime: number,
): Interval<RegisterInput, RegisterOutput> => {
  return { process: `${callTime}`, input, output, callTime, returnTime }
}

test('a read that is right at once may yet have to wait for a write that cannot', () => {
  const { operations } = historyFromIntervals([
    span(write(1), done, 0, 3),
    span(readOf, { kind: 'value', value: 1 }, 1, 9),
    span(write(null), done, 2, 10),
    span(readOf, { kind: 'value', value: null }, 4, 11),
  ])
  const forgetful = operations.map((one) => (one.id === 0 ? { ...one, output: undefined } : one))
  expect(new Search(registerModel, forgetful, { bytesLeft: 1e9 }).run(1e6)).toBe('ok')
})

test('unanswered operations are in the order in which they expire', () => {
  const { operations } = historyFromIntervals([
    span(write(1), done, 0, 9),
    span(write(2), done, 1, 3),
    span(write(3), done, 2, 5),
    span(write(4), done, 6, 7),
    span(readOf, { kind: 'value', value: 4 }, 8, 20),
  ])
  const forgetful = operations.map((one) => {
    if (one.id === 4) return one
    return {
      ...one,
      output: undefined,
      returnPosition: one.id === 3 ? Infinity : one.returnPosition,
    }
  })
  const sorted = new SortedOperations(registerModel, forgetful)
  expect(sorted.answeredCount).toBe(1)
  expect(sorted.operations.map(({ id }) => id)).toEqual([4, 1, 2, 0, 3])
  const returns = [1, 2, 0].map((id) => operations[id]?.returnPosition as number)
  expect([...sorted.deadlines]).toEqual(returns)
  const [first = 0, second = 0, third = 0] = returns
  expect([first, first + 1, second + 1, third + 1].map((at) => sorted.expiredBefore(at))).toEqual([
    0, 1, 2, 3,
  ])
})
