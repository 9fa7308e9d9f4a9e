/**
 * How a search sees the operations: answered ones first, each with a bit and two events; then the
 * unanswered ones that could matter. The events are doubly linked lists in typed arrays, from which
 * an operation is lifted in O(1) when it is put in order, and put back when that is undone.
 */
import type { Operation } from './history.ts'
import type { Model } from './model.ts'

export class SortedOperations<Input, Output> {
  /**
   * Answered operations by their calls; then unanswered ones by their returns, so that those which
   * can no longer take effect are the first of them, and Infinity is last; among equals by their
   * calls. Unanswered operations that only read are left out: they explain nothing.
   */
  readonly operations: readonly Operation<Input, Output>[]
  readonly answeredCount: number
  /** For an unanswered operation the one before it that is alike, or -1. */
  readonly earlierAlike: Int32Array
  /** The returns of the unanswered operations that have one, in their order. */
  readonly deadlines: Float64Array
  readonly #isRead: Uint8Array

  constructor(
    model: Pick<Model<unknown, Input, Output>, 'readOnly' | 'alike'>,
    operations: readonly Operation<Input, Output>[],
  ) {
    const byCall = [...operations].sort((a, b) => a.callPosition - b.callPosition)
    const answered = byCall.filter((operation) => operation.output !== undefined)
    const unanswered = byCall
      .filter((operation) => operation.output === undefined && !model.readOnly(operation.input))
      .sort((a, b) => compare(a.returnPosition, b.returnPosition))
    const deadlines = unanswered
      .map(({ returnPosition }) => returnPosition)
      .filter((position) => position !== Number.POSITIVE_INFINITY)
    this.operations = [...answered, ...unanswered]
    this.answeredCount = answered.length
    this.earlierAlike = new Int32Array(this.operations.length).fill(-1)
    this.deadlines = Float64Array.from(deadlines)
    this.#isRead = Uint8Array.from(answered, ({ input }) => (model.readOnly(input) ? 1 : 0))
    const latest = new Map<unknown, number>()
    for (const [i, operation] of unanswered.entries()) {
      const kind = model.alike?.(operation.input)
      if (kind === undefined) continue
      this.earlierAlike[answered.length + i] = latest.get(kind) ?? -1
      latest.set(kind, answered.length + i)
    }
  }

  /** Of an answered operation: true where it never changes the state. */
  isRead(operation: number): boolean {
    return this.#isRead[operation] === 1
  }

  /** How many of the unanswered operations can no longer take effect after a call at `position`. */
  expiredBefore(position: number): number {
    const { deadlines } = this
    let low = 0
    let high = deadlines.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((deadlines[middle] as number) < position) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** For sorting: a difference would be no number where both are Infinity. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * Two circular lists of events. Nodes: 2i and 2i + 1 are the call and the return of answered
 * operation i; then the heads of both lists; then the calls of the unanswered operations.
 */
export class EventList {
  readonly answeredHead: number
  readonly unansweredHead: number
  readonly #answeredCount: number
  readonly #next: Int32Array
  readonly #previous: Int32Array
  readonly #positions: Float64Array

  constructor(sorted: SortedOperations<unknown, unknown>) {
    const { operations, answeredCount } = sorted
    this.#answeredCount = answeredCount
    this.answeredHead = 2 * answeredCount
    this.unansweredHead = this.answeredHead + 1
    const nodeCount = answeredCount + operations.length + 2
    this.#next = new Int32Array(nodeCount)
    this.#previous = new Int32Array(nodeCount)
    this.#positions = new Float64Array(nodeCount)
    const answeredNodes: number[] = []
    const unansweredNodes: number[] = []
    for (const [i, operation] of operations.entries()) {
      const call = this.callNode(i)
      this.#positions[call] = operation.callPosition
      if (i >= answeredCount) {
        unansweredNodes.push(call)
        continue
      }
      this.#positions[call + 1] = operation.returnPosition
      answeredNodes.push(call, call + 1)
    }
    for (const nodes of [answeredNodes, unansweredNodes]) {
      nodes.sort((a, b) => this.position(a) - this.position(b))
    }
    this.#link(this.answeredHead, answeredNodes)
    this.#link(this.unansweredHead, unansweredNodes)
  }

  /** The first event of an answered operation that is still in the list. */
  get first(): number {
    return this.#next[this.answeredHead] as number
  }

  /** The first call of an unanswered operation that is still in its list. */
  get firstUnanswered(): number {
    return this.#next[this.unansweredHead] as number
  }

  after(node: number): number {
    return this.#next[node] as number
  }

  position(node: number): number {
    return this.#positions[node] as number
  }

  /** Of an event of an answered operation. */
  isReturn(node: number): boolean {
    return (node & 1) === 1
  }

  callNode(operation: number): number {
    return operation < this.#answeredCount ? 2 * operation : this.#answeredCount + operation + 2
  }

  unansweredOperation(node: number): number {
    return node - this.#answeredCount - 2
  }

  /** Takes the events of an operation out. */
  lift(operation: number): void {
    const call = this.callNode(operation)
    this.#unlink(call)
    if (operation < this.#answeredCount) this.#unlink(call + 1)
  }

  /**
   * Puts them back in their places; operations must be put back in the reverse order of lifting.
   */
  putBack(operation: number): void {
    const call = this.callNode(operation)
    if (operation < this.#answeredCount) this.#relink(call + 1)
    this.#relink(call)
  }

  #link(head: number, nodes: readonly number[]): void {
    let last = head
    for (const node of nodes) {
      this.#next[last] = node
      this.#previous[node] = last
      last = node
    }
    this.#next[last] = head
    this.#previous[head] = last
  }

  #unlink(node: number): void {
    const next = this.#next[node] as number
    const previous = this.#previous[node] as number
    this.#next[previous] = next
    this.#previous[next] = previous
  }

  #relink(node: number): void {
    this.#next[this.#previous[node] as number] = node
    this.#previous[this.#next[node] as number] = node
  }
}
