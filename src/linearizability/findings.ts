/**
 * What a search found out: the furthest it got, and how. Orders are kept as numbers, and turned
 * into operations and states only when somebody asks.
 */
import { assert } from '../base/assert.ts'
import type { Operation } from './history.ts'
import type { Model } from './model.ts'

/** Distinct states that are remembered at the point of failure: more would explain nothing. */
export const possibleStatesMax = 16

/** An operation in its place in a linearization, and the state after it. */
export interface LinearizedOperation<State, Input, Output> {
  readonly operation: Operation<Input, Output>
  readonly state: State
}

/** What a search found out, whether it is finished or not. */
export interface SearchFindings<State, Input, Output> {
  /**
   * The position of the furthest return that was reached and could not be passed at first; -1 where
   * there was none. The events before it have a linearization.
   */
  readonly furthestPosition: number
  /**
   * An order of all the answered operations where one was found, with the unanswered ones that took
   * effect; otherwise the longest order that reached the furthest return.
   */
  linearization(): readonly LinearizedOperation<State, Input, Output>[]
}

/** The orders that reached the furthest return, one for each state they led to. */
export class FurthestOrders {
  /** The position of the furthest return; -1 as long as none was in the way. */
  position: number
  readonly #orders: Map<number, Int32Array>

  constructor() {
    this.position = -1
    this.#orders = new Map()
  }

  /** The first `depth` operations of `stack` led to `state`, and the return is in the way. */
  record(position: number, state: number, stack: Int32Array, depth: number): void {
    if (position < this.position) return
    if (position > this.position) {
      this.position = position
      this.#orders.clear()
    }
    const isRoom = this.#orders.size < possibleStatesMax
    if (isRoom && !this.#orders.has(state)) this.#orders.set(state, stack.slice(0, depth))
  }

  all(): readonly Int32Array[] {
    return [...this.#orders.values()]
  }

  longest(): Int32Array {
    let longest: Int32Array = new Int32Array(0)
    for (const order of this.#orders.values()) if (order.length > longest.length) longest = order
    return longest
  }
}

/** The operations of an order with the states they led to. `order` has indexes of `operations`. */
export function replay<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
  order: Int32Array,
): readonly LinearizedOperation<State, Input, Output>[] {
  const linearization: LinearizedOperation<State, Input, Output>[] = []
  let state = model.init()
  for (const index of order) {
    const operation = operations[index] as Operation<Input, Output>
    const next = model.step(state, operation.input, operation.output)
    assert(next !== undefined, 'an order that was found can be replayed')
    state = next
    linearization.push({ operation, state })
  }
  return linearization
}
