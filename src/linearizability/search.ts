/**
 * The search for a linearization of one partition (Wing and Gong's algorithm, with Lowe's cache of
 * configurations). It puts operations into the linearization one by one; where it meets the return
 * of an operation that is not in it yet, the barrier, nothing that was called later can come first,
 * and if nothing else can either it goes back. It can be paused at any step and resumed, so that
 * one hard partition does not keep the others waiting. Its structures are typed arrays.
 *
 * In every configuration reads come first: one that is right and changes nothing may as well take
 * place at once, and nothing else has to be tried. Then come the other answered operations, and
 * last the unanswered ones, which may be left out; one that would change nothing is never taken.
 */
import { assert } from '../base/assert.ts'
import { ConfigurationCache, type MemoryBudget } from './configuration-cache.ts'
import {
  FurthestOrders,
  type LinearizedOperation,
  replay,
  type SearchFindings,
} from './findings.ts'
import type { Operation } from './history.ts'
import { LinearizedSet } from './linearized-set.ts'
import type { Model } from './model.ts'
import { EventList, SortedOperations } from './search-order.ts'
import { StateTable } from './state-table.ts'

/** As long as asking the model for a next state takes about comparing so many words. */
const wordsPerStep = 16

/** `paused`: not finished, run on. `full`: not finished, and the memory budget is spent. */
export type SearchStatus = 'paused' | 'ok' | 'illegal' | 'full'

/** What is tried next in a configuration. */
const readsFirst = 0
/** Answered operations, without the reads: they have all been found wrong here. */
const changes = 1
/**
 * Answered operations, with the reads: one of them is right here, but it would not change nothing.
 */
const changesAndReads = 2
const unanswered = 3
const nothing = 4

export class Search<State, Input, Output> implements SearchFindings<State, Input, Output> {
  /** Steps taken: a step asks the model for a next state, or is as much work. */
  steps: number
  readonly #model: Model<State, Input, Output>
  /** Says what states really are: a narrowed model may take many for one. */
  readonly #wideModel: Model<State, Input, Output>
  readonly #sorted: SortedOperations<Input, Output>
  readonly #events: EventList
  readonly #set: LinearizedSet
  readonly #cache: ConfigurationCache
  readonly #furthest: FurthestOrders
  readonly #states: StateTable<State>
  /** The linearization so far, and for each operation what was so before it. */
  readonly #stack: Int32Array
  readonly #stateBefore: Int32Array
  readonly #barrierBefore: Int32Array
  readonly #latestCallBefore: Float64Array
  readonly #phaseBefore: Uint8Array
  #depth: number
  #state: number
  #unplaced: number
  #phase: number
  /** The event that is looked at next, in the list of the phase. */
  #cursor: number
  /** The first return in the list; known once the reads have been tried. */
  #barrier: number
  /** The position of the latest call in the linearization; -1 at first. */
  #latestCall: number

  /** `narrowed` is the model narrowed to the operations, or to as many of them as it shall know. */
  constructor(
    model: Model<State, Input, Output>,
    operations: readonly Operation<Input, Output>[],
    budget: MemoryBudget,
    narrowed: Model<State, Input, Output> = narrow(model, operations),
  ) {
    this.steps = 0
    this.#wideModel = model
    this.#model = narrowed
    this.#sorted = new SortedOperations(narrowed, operations)
    this.#events = new EventList(this.#sorted)
    const { answeredCount } = this.#sorted
    const count = this.#sorted.operations.length
    this.#set = new LinearizedSet(answeredCount, count - answeredCount)
    this.#cache = new ConfigurationCache(budget)
    this.#furthest = new FurthestOrders()
    this.#states = new StateTable((state) => narrowed.key(state), this.#cache)
    this.#stack = new Int32Array(count)
    this.#stateBefore = new Int32Array(count)
    this.#barrierBefore = new Int32Array(count)
    this.#latestCallBefore = new Float64Array(count)
    this.#phaseBefore = new Uint8Array(count)
    this.#depth = 0
    this.#state = this.#states.numberOf(narrowed.init())
    this.#unplaced = answeredCount
    this.#phase = readsFirst
    this.#cursor = this.#events.first
    this.#barrier = this.#events.answeredHead
    this.#latestCall = -1
  }

  /** Goes on for at most `steps` steps. */
  run(steps: number): SearchStatus {
    const limit = this.steps + steps
    while (this.#unplaced > 0) {
      if (this.steps >= limit) return 'paused'
      if (this.#cache.isFull) return 'full'
      const operation = this.#nextCandidate()
      if (operation >= 0) this.#tryOperation(operation)
      else if (!this.#goBack()) return 'illegal'
    }
    return 'ok'
  }

  /** Gives the memory of the cache back; the search cannot go on, its findings remain. */
  release(): void {
    this.#cache.release()
  }

  get furthestPosition(): number {
    return this.#furthest.position
  }

  /** The states in which the furthest return was reached: possibleStatesMax of them at most. */
  furthestStates(): readonly State[] {
    return this.#furthest
      .all()
      .map((order) => this.#replay(order).at(-1)?.state ?? this.#wideModel.init())
  }

  linearization(): readonly LinearizedOperation<State, Input, Output>[] {
    const isFound = this.#unplaced === 0
    return this.#replay(isFound ? this.#stack.subarray(0, this.#depth) : this.#furthest.longest())
  }

  #replay(order: Int32Array): readonly LinearizedOperation<State, Input, Output>[] {
    return replay(this.#wideModel, this.#sorted.operations, order)
  }

  /** The next operation to try in this configuration, or -1 where there is none left. */
  #nextCandidate(): number {
    if (this.#phase === nothing) return -1
    if (this.#phase === readsFirst) {
      const read = this.#nextAnswered(true)
      if (read >= 0) return read
      this.#barrier = this.#cursor
      this.#phase = changes
      this.#cursor = this.#events.first
    }
    if (this.#phase !== unanswered) {
      const operation = this.#nextAnswered(false)
      if (operation >= 0) return operation
      this.#phase = unanswered
      this.#cursor = this.#events.firstUnanswered
    }
    const operation = this.#nextUnanswered()
    if (operation < 0) {
      const position = this.#events.position(this.#barrier)
      this.#furthest.record(position, this.#state, this.#stack, this.#depth)
    }
    return operation
  }

  #nextAnswered(isRead: boolean): number {
    const events = this.#events
    while (!events.isReturn(this.#cursor)) {
      const operation = this.#cursor >>> 1
      assert(this.#cursor !== events.answeredHead, 'what is not placed has its return in the list')
      this.#cursor = events.after(this.#cursor)
      const isWanted = this.#phase === changesAndReads || this.#sorted.isRead(operation) === isRead
      if (isWanted) return operation
    }
    return -1
  }

  #nextUnanswered(): number {
    const events = this.#events
    while (this.#cursor !== events.unansweredHead) {
      const node = this.#cursor
      if (events.position(node) > events.position(this.#barrier)) break
      this.#cursor = events.after(node)
      const operation = events.unansweredOperation(node)
      const isTooLate = this.#operation(operation).returnPosition < this.#latestCall
      if (!isTooLate && this.#isFirstOfItsKind(operation)) return operation
    }
    return -1
  }

  /**
   * Of unanswered operations that are alike, and could take effect now, only the one is tried that
   * can least wait: exchanging it with another that is taken instead never makes an order wrong.
   */
  #isFirstOfItsKind(operation: number): boolean {
    const { earlierAlike, deadlines } = this.#sorted
    const barrier = this.#events.position(this.#barrier)
    let earlier = earlierAlike[operation] as number
    while (earlier >= 0) {
      const { callPosition, returnPosition } = this.#operation(earlier)
      const isPossible = callPosition < barrier && returnPosition >= this.#latestCall
      if (isPossible && !this.#set.has(earlier)) return false
      // Where all can wait for ever they are taken in the order of their calls: one tells for all.
      if (deadlines.length === 0) return true
      earlier = earlierAlike[earlier] as number
    }
    return true
  }

  #tryOperation(operation: number): void {
    this.steps++
    const { input, output, callPosition } = this.#operation(operation)
    const next = this.#model.step(this.#states.state(this.#state), input, output)
    if (next === undefined) return
    const nextState = this.#states.numberOf(next)
    const latestCall = Math.max(this.#latestCall, callPosition)
    const expired = this.#sorted.expiredBefore(latestCall)
    const isUnchanged = nextState === this.#state
    if (this.#phase === unanswered && isUnchanged) return
    if (this.#phase === readsFirst) {
      const isHarmless = isUnchanged && expired === this.#sorted.expiredBefore(this.#latestCall)
      if (!isHarmless) {
        this.#putOffReads()
        return
      }
    }
    this.#set.add(operation)
    const isNew = this.#cache.add(this.#set, nextState, expired)
    this.steps += Math.floor(this.#cache.wordsCompared / wordsPerStep)
    if (isNew) this.#place(operation, nextState, latestCall)
    else {
      this.#set.remove(operation)
      if (this.#phase === readsFirst) this.#phase = nothing
    }
  }

  /** One of the reads is right here, but must not be taken for granted: all are tried in turn. */
  #putOffReads(): void {
    while (!this.#events.isReturn(this.#cursor)) this.#cursor = this.#events.after(this.#cursor)
    this.#barrier = this.#cursor
    this.#phase = changesAndReads
    this.#cursor = this.#events.first
  }

  #place(operation: number, nextState: number, latestCall: number): void {
    const depth = this.#depth++
    this.#stack[depth] = operation
    this.#stateBefore[depth] = this.#state
    this.#barrierBefore[depth] = this.#barrier
    this.#latestCallBefore[depth] = this.#latestCall
    this.#phaseBefore[depth] = this.#phase
    this.#state = nextState
    this.#latestCall = latestCall
    if (operation < this.#sorted.answeredCount) this.#unplaced--
    this.#events.lift(operation)
    this.#phase = readsFirst
    this.#cursor = this.#events.first
  }

  /** Takes the last operation back, and the reads that went before it without an alternative. */
  #goBack(): boolean {
    do {
      if (this.#depth === 0) return false
      this.#takeBack()
    } while (this.#phase === readsFirst)
    return true
  }

  #takeBack(): void {
    const depth = --this.#depth
    const operation = this.#stack[depth] as number
    this.#state = this.#stateBefore[depth] as number
    this.#barrier = this.#barrierBefore[depth] as number
    this.#latestCall = this.#latestCallBefore[depth] as number
    this.#phase = this.#phaseBefore[depth] as number
    this.#set.remove(operation)
    if (operation < this.#sorted.answeredCount) this.#unplaced++
    this.#events.putBack(operation)
    this.#cursor = this.#events.after(this.#events.callNode(operation))
  }

  #operation(index: number): Operation<Input, Output> {
    return this.#sorted.operations[index] as Operation<Input, Output>
  }
}

function narrow<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): Model<State, Input, Output> {
  return model.narrow?.(operations) ?? model
}
