/**
 * A second, quite different way to check: event by event, keeping every configuration that is still
 * possible (which open operations have taken effect, and the state). Good for histories of any
 * length with few operations open at a time.
 */
import type { Model, Operation } from '../../src/linearizability/index.ts'

interface Configuration<State> {
  /** Identifiers of open operations that have taken effect. */
  readonly done: readonly number[]
  readonly state: State
}

/** True where some order explains the answers, all operations being of one partition. */
export function isExplainedEventByEvent<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): boolean {
  let possible: readonly Configuration<State>[] = [{ done: [], state: model.init() }]
  const returns = operations
    .filter(({ output }) => output !== undefined)
    .sort((a, b) => a.returnPosition - b.returnPosition)
  for (const returning of returns) {
    const open = operations.filter(
      ({ callPosition, returnPosition }) =>
        callPosition < returning.returnPosition && returnPosition >= returning.returnPosition,
    )
    possible = closure(model, open, possible)
      .filter(({ done }) => done.includes(returning.id))
      .map(({ done, state }) => ({ done: done.filter((id) => id !== returning.id), state }))
    if (possible.length === 0) return false
  }
  return true
}

/** Everything that is possible after any number of the open operations have taken effect. */
function closure<State, Input, Output>(
  model: Model<State, Input, Output>,
  open: readonly Operation<Input, Output>[],
  start: readonly Configuration<State>[],
): readonly Configuration<State>[] {
  const found = new Map<string, Configuration<State>>()
  const waiting = [...start]
  for (;;) {
    const configuration = waiting.pop()
    if (configuration === undefined) return [...found.values()]
    const { done, state } = configuration
    const name = JSON.stringify([done, model.describeState(state)])
    if (found.has(name)) continue
    found.set(name, configuration)
    for (const { id, input, output } of open) {
      if (done.includes(id)) continue
      const next = model.step(state, input, output)
      if (next === undefined) continue
      waiting.push({ done: [...done, id].sort((a, b) => a - b), state: next })
    }
  }
}
