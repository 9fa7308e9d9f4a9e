/** What one timeline shows, before anything has a place: one partition of a history. */
import type { PartitionResult } from '../checker.ts'
import type { Diagnosis } from '../diagnosis.ts'
import type { LinearizedOperation } from '../findings.ts'
import type { Operation } from '../history.ts'
import type { Model } from '../model.ts'

export interface Scene<State, Input, Output> {
  readonly partition: PartitionResult<State, Input, Output>
  readonly initialState: State
  /** The operations that are drawn, in the order of their calls. */
  readonly operations: readonly Operation<Input, Output>[]
  readonly linearization: readonly LinearizedOperation<State, Input, Output>[]
  /** The operation that finds no place; null where nothing is known to fail. */
  readonly failure: Operation<Input, Output> | null
  /** Identifiers of the operations whose answers contradict each other. */
  readonly conflict: ReadonlySet<number>
}

/** More would take a browser seconds to lay out, and nobody could read them. */
export const operationsDrawnMax = 400
/** So many of them may be called after the point of failure. */
const operationsDrawnAfter = 50

export function sceneOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  partition: PartitionResult<State, Input, Output>,
  diagnosis: Diagnosis<State, Input, Output> | null,
): Scene<State, Input, Output> {
  const failure = diagnosis?.failure ?? null
  const conflict = new Set(diagnosis?.conflict.map(({ id }) => id))
  return {
    partition,
    initialState: model.init(),
    operations: drawnOperations(partition.operations, failure, conflict),
    linearization: diagnosis?.linearization ?? partition.search.linearization(),
    failure,
    conflict,
  }
}

/** Those around the failure where there is one, the first ones otherwise. */
function drawnOperations<Input, Output>(
  operations: readonly Operation<Input, Output>[],
  failure: Operation<Input, Output> | null,
  conflict: ReadonlySet<number>,
): readonly Operation<Input, Output>[] {
  if (operations.length <= operationsDrawnMax) return operations
  if (failure === null) return operations.slice(0, operationsDrawnMax)
  const end = operations.filter((one) => one.callPosition < failure.returnPosition).length
  const first = Math.max(0, end - (operationsDrawnMax - operationsDrawnAfter))
  return operations.filter(
    ({ id }, i) => (i >= first && i < end + operationsDrawnAfter) || conflict.has(id),
  )
}
