/**
 * The search for a linearization of one partition (Wing and Gong's algorithm, with Lowe's cache of
 * configurations). It walks the events in order and puts operations into the linearization one by
 * one; where it meets the return of an operation that is not in it yet, nothing that comes later can
 * come first, and it goes back. It can be paused at any step and resumed, so that one hard partition
 * does not keep the others waiting. All of its structures are typed arrays.
 *
 * Unanswered operations are kept in a list of their own: they are tried only after everything that
 * has to happen, they may be left out, and one that would change nothing is never taken.
 */
import { assert } from '../base/assert.ts'
import { ConfigurationCache, type MemoryBudget } from './configuration-cache.ts'
import type { Operation } from './history.ts'
import { LinearizedSet } from './linearized-set.ts'
import type { Model } from './model.ts'
import { EventList, type SortedOperations, sortOperations } from './search-order.ts'

/** What an interned state and the text of its key cost beside the cache, in bytes; an estimate. */
const bytesPerState = 128
const bytesPerCharacter = 2

/** Distinct states that are told apart at the point of failure. */
export const possibleStatesMax = 16

/** An operation in its place in a linearization, and the state after it. */
export interface LinearizedOperation<State, Input, Output> {
  readonly operation: Operation<Input, Output>
  readonly state: State
}

/** `paused`: not finished, run on. `full`: not finished, and the memory budget is spent. */
export type SearchStatus = 'paused' | 'ok' | 'illegal' | 'full'

/** What a search found out, whether it is finished or not. */
export interface SearchFindings<State, Input, Output> {
  /**
   * The position of the furthest return that was reached and could not be passed at first; -1 where
   * there was none. The events before it have a linearization.
   */
  readonly furthestPosition: number
  /**
   * The states in which it was reached: possibleStatesMax of them at most. In an illegal partition
   * where this return is never passed, these are all that were possible, up to that number.
   */
  furthestStates(): readonly State[]
  /**
   * An order of all the answered operations where one was found, with the unanswered ones that took
   * effect; otherwise the longest order that reached the furthest return.
   */
  linearization(): readonly LinearizedOperation<State, Input, Output>[]
}

export class Search<State, Input, Output> implements SearchFindings<State, Input, Output> {
  /** Steps taken: how often the model was asked for a next state. */
  steps: number
  readonly #model: Model<State, Input, Output>
  readonly #sorted: SortedOperations<Input, Output>
  readonly #events: EventList
  readonly #set: LinearizedSet
  readonly #cache: ConfigurationCache
  readonly #states: State[]
  readonly #stateIds: Map<unknown, number>
  /** The linearization so far: operations, the state before each, and the barrier where known. */
  readonly #stack: Int32Array
  readonly #stateBefore: Int32Array
  readonly #barrierBefore: Int32Array
  readonly #latestCallBefore: Float64Array
  #depth: number
  #state: number
  #unplaced: number
  #cursor: number
  #barrier: number
  /** The position of the latest call in the linearization; -1 at first. */
  #latestCall: number
  /** The furthest return that was reached and could not be passed. */
  #furthest: number
  #furthestStack: Int32Array
  #furthestDepth: number
  readonly #furthestStates: Set<number>

  constructor(
    model: Model<State, Input, Output>,
    operations: readonly Operation<Input, Output>[],
    budget: MemoryBudget,
  ) {
    this.#model = model.narrow?.(operations) ?? model
    this.#sorted = sortOperations(this.#model, operations)
    this.#events = new EventList(this.#sorted)
    const { answeredCount } = this.#sorted
    const count = this.#sorted.operations.length
    this.#set = new LinearizedSet(answeredCount, count - answeredCount)
    this.#cache = new ConfigurationCache(budget)
    this.#states = []
    this.#stateIds = new Map()
    this.#stack = new Int32Array(count)
    this.#stateBefore = new Int32Array(count)
    this.#barrierBefore = new Int32Array(count)
    this.#latestCallBefore = new Float64Array(count)
    this.#depth = 0
    this.#state = this.#intern(this.#model.init())
    this.#unplaced = answeredCount
    this.#cursor = this.#events.first
    this.#barrier = -1
    this.#latestCall = -1
    this.#furthest = -1
    this.#furthestStack = new Int32Array(0)
    this.#furthestDepth = 0
    this.#furthestStates = new Set()
    this.steps = 0
  }

  /** Goes on for at most `steps` steps. */
  run(steps: number): SearchStatus {
    const limit = this.steps + steps
    while (this.#unplaced > 0) {
      if (this.steps >= limit) return 'paused'
      if (this.#cache.isFull) return 'full'
      const operation = this.#nextCandidate()
      if (operation >= 0) this.#tryOperation(operation)
      else if (this.#depth > 0) this.#takeBack()
      else return 'illegal'
    }
    return 'ok'
  }

  /** Gives the memory of the cache back; the search cannot go on, its findings remain. */
  release(): void {
    this.#cache.release()
  }

  get furthestPosition(): number {
    return this.#furthest < 0 ? -1 : this.#events.position(this.#furthest)
  }

  furthestStates(): readonly State[] {
    return [...this.#furthestStates].map((state) => this.#states[state] as State)
  }

  linearization(): readonly LinearizedOperation<State, Input, Output>[] {
    const isFound = this.#unplaced === 0
    const stack = isFound ? this.#stack : this.#furthestStack
    const depth = isFound ? this.#depth : this.#furthestDepth
    const linearization: LinearizedOperation<State, Input, Output>[] = []
    let state = this.#model.init()
    for (let i = 0; i < depth; i++) {
      const operation = this.#operation(stack[i] as number)
      const next = this.#model.step(state, operation.input, operation.output)
      assert(next !== undefined, 'a linearization that was found can be replayed')
      state = next
      linearization.push({ operation, state })
    }
    return linearization
  }

  /** The next operation that may come next here, or -1 where there is none. */
  #nextCandidate(): number {
    const events = this.#events
    if (this.#barrier < 0) {
      const node = this.#cursor
      assert(node !== events.answeredHead, 'an unplaced operation has its return in the list')
      if (!events.isReturn(node)) {
        this.#cursor = events.after(node)
        return node >>> 1
      }
      this.#barrier = node
      this.#cursor = events.firstUnanswered
    }
    while (this.#cursor !== events.unansweredHead) {
      const node = this.#cursor
      if (events.position(node) > events.position(this.#barrier)) break
      this.#cursor = events.after(node)
      const operation = events.unansweredOperation(node)
      if (this.#operation(operation).returnPosition < this.#latestCall) continue
      const earlier = this.#sorted.earlierAlike[operation] as number
      if (earlier < 0 || this.#set.has(earlier)) return operation
    }
    this.#recordFurthest()
    return -1
  }

  #tryOperation(operation: number): void {
    this.steps++
    const { input, output } = this.#operation(operation)
    const next = this.#model.step(this.#states[this.#state] as State, input, output)
    if (next === undefined) return
    const nextState = this.#intern(next)
    const isAnswered = operation < this.#sorted.answeredCount
    if (!isAnswered && nextState === this.#state) return
    this.#set.add(operation)
    if (!this.#cache.add(this.#set, nextState)) {
      this.#set.remove(operation)
      return
    }
    this.#stack[this.#depth] = operation
    this.#stateBefore[this.#depth] = this.#state
    this.#barrierBefore[this.#depth] = this.#barrier
    this.#latestCallBefore[this.#depth] = this.#latestCall
    this.#depth++
    this.#state = nextState
    this.#latestCall = Math.max(this.#latestCall, this.#operation(operation).callPosition)
    if (isAnswered) this.#unplaced--
    this.#events.lift(operation)
    this.#cursor = this.#events.first
    this.#barrier = -1
  }

  #takeBack(): void {
    this.#depth--
    const operation = this.#stack[this.#depth] as number
    this.#state = this.#stateBefore[this.#depth] as number
    this.#barrier = this.#barrierBefore[this.#depth] as number
    this.#latestCall = this.#latestCallBefore[this.#depth] as number
    this.#set.remove(operation)
    if (operation < this.#sorted.answeredCount) this.#unplaced++
    this.#events.putBack(operation)
    this.#cursor = this.#events.after(this.#events.callNode(operation))
  }

  #recordFurthest(): void {
    const events = this.#events
    const position = events.position(this.#barrier)
    const furthest = this.furthestPosition
    if (position < furthest) return
    if (position > furthest) {
      this.#furthest = this.#barrier
      this.#furthestDepth = -1
      this.#furthestStates.clear()
    }
    if (this.#furthestStates.size < possibleStatesMax) this.#furthestStates.add(this.#state)
    if (this.#depth <= this.#furthestDepth) return
    this.#furthestDepth = this.#depth
    this.#furthestStack = this.#stack.slice(0, this.#depth)
  }

  #intern(state: State): number {
    const key = this.#model.key(state)
    const known = this.#stateIds.get(key)
    if (known !== undefined) return known
    const text = typeof key === 'string' ? key.length * bytesPerCharacter : 0
    this.#cache.charge(bytesPerState + text)
    this.#states.push(state)
    this.#stateIds.set(key, this.#states.length - 1)
    return this.#states.length - 1
  }

  #operation(index: number): Operation<Input, Output> {
    return this.#sorted.operations[index] as Operation<Input, Output>
  }
}
