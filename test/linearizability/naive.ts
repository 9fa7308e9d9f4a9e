/**
 * The checker's naive twin: every order of every choice of operations, straight from the
 * definition. For a handful of operations only.
 */
import type { Model, Operation } from '../../src/linearizability/index.ts'

/** True where some order of all answered and some unanswered operations explains the answers. */
export function isLinearizable<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): boolean {
  return canGoOn(model, operations, [], model.init())
}

function canGoOn<State, Input, Output>(
  model: Model<State, Input, Output>,
  left: readonly Operation<Input, Output>[],
  placed: readonly Operation<Input, Output>[],
  state: State,
): boolean {
  if (left.every(({ output }) => output === undefined)) return true
  return left.some((next) => {
    if (placed.some((one) => next.returnPosition < one.callPosition)) return false
    const after = model.step(state, next.input, next.output)
    if (after === undefined) return false
    return canGoOn(
      model,
      left.filter((one) => one !== next),
      [...placed, next],
      after,
    )
  })
}

/** As {@link isLinearizable}, of each partition. */
export function isEveryPartitionLinearizable<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): boolean {
  const keys = new Set(operations.map(({ input }) => model.partition(input)))
  return [...keys].every((key) =>
    isLinearizable(
      model,
      operations.filter(({ input }) => model.partition(input) === key),
    ),
  )
}

/** The length of the shortest prefix of the events that is not linearizable; null where none is. */
export function shortestFailingPrefix<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
  eventCount: number,
): number | null {
  for (let cut = 1; cut <= eventCount; cut++) {
    const seen = operations
      .filter(({ callPosition }) => callPosition < cut)
      .map((one) =>
        one.returnPosition < cut
          ? one
          : { ...one, output: undefined, returnPosition: Number.POSITIVE_INFINITY },
      )
    if (!isEveryPartitionLinearizable(model, seen)) return cut
  }
  return null
}
