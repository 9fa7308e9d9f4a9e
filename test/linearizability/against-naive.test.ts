/**
 * The checker and its diagnosis against the definition, on small random histories of every model.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  casRegisterModel,
  check,
  commandLogModel,
  diagnose,
  type History,
  keyValueModel,
  type LinearizedOperation,
  type Model,
  type Operation,
  possibleStatesMax,
  powerSet,
  registerModel,
  versionedKvModel,
} from '../../src/linearizability/index.ts'
import {
  casRegisterHistories,
  commandLogHistories,
  keyValueHistories,
  registerHistories,
  versionedKvHistories,
} from './arbitrary-histories.ts'
import { isEveryPartitionLinearizable, isLinearizable, shortestFailingPrefix } from './naive.ts'

/** Enough that every mutation tried on the search was found. */
const runs = { numRuns: 1000 }

describe('register', () => agrees(registerModel, registerHistories))
describe('cas-register', () => agrees(casRegisterModel, casRegisterHistories))
describe('kv', () => agrees(keyValueModel, keyValueHistories))
describe('versioned-kv', () => agrees(versionedKvModel, versionedKvHistories))
describe('command-log', () => agrees(commandLogModel('dense'), commandLogHistories))
describe('growing-command-log', () => agrees(commandLogModel('growing'), commandLogHistories))
describe('power set of cas-register', () => {
  const nondeterministic = powerSet({
    ...casRegisterModel,
    init: () => [casRegisterModel.init()],
    step: (state, input, output) => {
      const after = casRegisterModel.step(state, input, output)
      return after === undefined ? [] : [after]
    },
    key: (state) => JSON.stringify(state),
  })
  agrees(nondeterministic, casRegisterHistories)
})

function agrees<State, Input, Output>(
  model: Model<State, Input, Output>,
  histories: fc.Arbitrary<History<Input, Output>>,
): void {
  test('the verdict is that of the definition', () => {
    const verdicts = { ok: 0, illegal: 0, unknown: 0 }
    fc.assert(
      fc.property(histories, (history) => {
        const { verdict } = check(model, history)
        const isOk = isEveryPartitionLinearizable(model, history.operations)
        expect(verdict).toBe(isOk ? 'ok' : 'illegal')
        verdicts[verdict]++
      }),
      runs,
    )
    // Both verdicts have been tried, and often.
    expect(verdicts.ok).toBeGreaterThan(100)
    expect(verdicts.illegal).toBeGreaterThan(100)
  })

  test('the linearization of an ok history explains it', () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const { verdict, operations, search } of check(model, history).partitions) {
          if (verdict !== 'ok') continue
          const answered = operations.filter(({ output }) => output !== undefined)
          expectLinearization(model, search.linearization(), answered)
        }
      }),
      runs,
    )
  })

  test('the shortest failing prefix is that of the definition', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const diagnosis = diagnose(model, check(model, history))
        const shortest = shortestFailingPrefix(model, history.operations, history.eventCount)
        expect(diagnosis?.eventCount ?? null).toBe(shortest)
        expect(diagnosis?.isShortest ?? true).toBe(true)
      }),
      runs,
    )
  })

  test('the events before the failure have the linearization that the diagnosis gives', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const diagnosis = diagnose(model, check(model, history))
        if (diagnosis === null) return
        const { linearization, partition, failure, possibleStates, areAllPossibleStates } =
          diagnosis
        const before = partition.operations.filter(
          ({ returnPosition }) => returnPosition < failure.returnPosition,
        )
        expectLinearization(model, linearization, before)
        const isPlaced = linearization.some(({ operation }) => operation.id === failure.id)
        expect(isPlaced).toBe(possibleStates.length === 0)
        const areMany = possibleStates.length === possibleStatesMax
        expect(areAllPossibleStates).toBe(!areMany)
      }),
      runs,
    )
  })

  test('the answers in conflict contradict each other, and no fewer of them do', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const diagnosis = diagnose(model, check(model, history))
        if (diagnosis === null) return
        const { partition, conflict, failure } = diagnosis
        const kept = new Set(conflict.map(({ id }) => id))
        expect(kept.has(failure.id)).toBe(true)
        const seen = before(partition.operations, failure.returnPosition + 1)
        expect(isLinearizable(model, forgetting(seen, kept))).toBe(false)
        for (const { id } of conflict) {
          const fewer = new Set([...kept].filter((one) => one !== id))
          expect(isLinearizable(model, forgetting(seen, fewer))).toBe(true)
        }
        expect(diagnosis.isConflictMinimal).toBe(true)
      }),
      runs,
    )
  })
}

/** Every operation of the order obeys the model and real time; all of `required` are in it. */
function expectLinearization<State, Input, Output>(
  model: Model<State, Input, Output>,
  linearization: readonly LinearizedOperation<State, Input, Output>[],
  required: readonly Operation<Input, Output>[],
): void {
  let state = model.init()
  let latestCall = -1
  for (const { operation, state: after } of linearization) {
    expect(operation.returnPosition).toBeGreaterThan(latestCall)
    latestCall = Math.max(latestCall, operation.callPosition)
    const next = model.step(state, operation.input, operation.output)
    expect(next).toBeDefined()
    state = next as State
    expect(model.describeState(after)).toBe(model.describeState(state))
  }
  const ids = linearization.map(({ operation }) => operation.id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { id } of required) expect(ids).toContain(id)
}

function before<Input, Output>(
  operations: readonly Operation<Input, Output>[],
  cut: number,
): readonly Operation<Input, Output>[] {
  return operations
    .filter(({ callPosition }) => callPosition < cut)
    .map((one) =>
      one.returnPosition < cut
        ? one
        : { ...one, output: undefined, returnPosition: Number.POSITIVE_INFINITY },
    )
}

/** Only the answers of `kept` are known. */
function forgetting<Input, Output>(
  operations: readonly Operation<Input, Output>[],
  kept: ReadonlySet<number>,
): readonly Operation<Input, Output>[] {
  return operations.map((one) => (kept.has(one.id) ? one : { ...one, output: undefined }))
}
