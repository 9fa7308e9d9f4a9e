/**
 * What clients saw: operations, each with the place of its call and of its return in one total
 * order of events. A history is recorded event by event with HistoryBuilder, or made from intervals
 * of time. Nothing here knows what the operations mean; that is model.ts.
 */

/** One operation of one client. Positions count the events of the history from 0. */
export interface Operation<Input, Output> {
  /** Its place in {@link History.operations}. */
  readonly id: number
  /** The client. Its operations are drawn in one row; the checker does not look at it. */
  readonly process: string
  readonly input: Input
  /**
   * The answer; undefined where nobody learned it. Such an operation may take effect between its
   * call and its returnPosition (so at any later time, where that is Infinity), or never.
   */
  readonly output: Output | undefined
  /** The position of the call, a whole number >= 0. */
  readonly callPosition: number
  /** The position of the return, > callPosition; Infinity where the operation never returned. */
  readonly returnPosition: number
  /** Where the call was recorded, for people: `line 12`, `350 ms`. */
  readonly callWhere: string
  /** Where the return was recorded; `''` where there was none. */
  readonly returnWhere: string
}

/** Everything the clients saw, in the order of the calls. */
export interface History<Input, Output> {
  readonly operations: readonly Operation<Input, Output>[]
  /** How many events were recorded: every position is below it. */
  readonly eventCount: number
}

export type HistoryErrorCode = 'NOT_OPEN' | 'NO_ANSWER' | 'BAD_INTERVAL' | 'COMMAND_NOT_UNIQUE'

/** A history that cannot have happened, or that the model does not allow. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError'
  readonly code: HistoryErrorCode

  constructor(code: HistoryErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Names an operation that is being recorded. */
export type OperationId = number

interface Draft<Input, Output> {
  readonly process: string
  readonly input: Input
  output: Output | undefined
  readonly callPosition: number
  returnPosition: number
  readonly callWhere: string
  returnWhere: string
  status: 'open' | 'returned' | 'failed' | 'lost'
}

/**
 * Records a history in the order in which things happened. Every method takes one event; `where`
 * says for people where it came from and is by default `event N`, N counting from 1.
 */
export class HistoryBuilder<Input, Output> {
  readonly #drafts: Draft<Input, Output>[]
  #eventCount: number

  constructor() {
    this.#drafts = []
    this.#eventCount = 0
  }

  /** A client asks. A client may ask again before it is answered. */
  call(process: string, input: Input, where?: string): OperationId {
    const position = this.#eventCount++
    this.#drafts.push({
      process,
      input,
      output: undefined,
      callPosition: position,
      returnPosition: Number.POSITIVE_INFINITY,
      callWhere: where ?? `event ${position + 1}`,
      returnWhere: '',
      status: 'open',
    })
    return this.#drafts.length - 1
  }

  /**
   * The client is answered. Throws {@link HistoryError} `NOT_OPEN` unless the call is open, and
   * `NO_ANSWER` where the output is undefined: that is `lose`.
   */
  return(id: OperationId, output: Output, where?: string): void {
    if (output === undefined) {
      throw new HistoryError('NO_ANSWER', `operation ${id} cannot return undefined`)
    }
    const draft = this.#close(id, 'returned')
    draft.output = output
    draft.returnPosition = this.#eventCount++
    draft.returnWhere = where ?? `event ${draft.returnPosition + 1}`
  }

  /** It is certain that the operation did not and will not take effect: the history forgets it. */
  fail(id: OperationId): void {
    this.#close(id, 'failed')
    this.#eventCount++
  }

  /** The client gives up: it will never be answered. The same as never closing the operation. */
  lose(id: OperationId): void {
    this.#close(id, 'lost')
    this.#eventCount++
  }

  /** The history so far; open operations are in it as unanswered. The builder can be used on. */
  build(): History<Input, Output> {
    const operations: Operation<Input, Output>[] = []
    for (const draft of this.#drafts) {
      if (draft.status === 'failed') continue
      operations.push({
        id: operations.length,
        process: draft.process,
        input: draft.input,
        output: draft.output,
        callPosition: draft.callPosition,
        returnPosition: draft.returnPosition,
        callWhere: draft.callWhere,
        returnWhere: draft.returnWhere,
      })
    }
    return { operations, eventCount: this.#eventCount }
  }

  #close(id: OperationId, status: 'returned' | 'failed' | 'lost'): Draft<Input, Output> {
    const draft = this.#drafts[id]
    if (draft === undefined || draft.status !== 'open') {
      const reason = draft === undefined ? 'was never called' : `has already ${draft.status}`
      throw new HistoryError('NOT_OPEN', `operation ${id} cannot end here: it ${reason}`)
    }
    draft.status = status
    return draft
  }
}

/** An operation by its times, in any unit, as long as all clients share one clock. */
export interface Interval<Input, Output> {
  readonly process: string
  readonly input: Input
  /** Undefined where the answer is not known; returnTime is then ignored. */
  readonly output: Output | undefined
  readonly callTime: number
  /** At least callTime. Equal times are allowed: an operation may take no time at all. */
  readonly returnTime: number
}

/**
 * The history of operations known by their times. Where a call and a return have equal times the
 * call counts as first, so that operations which merely touch are concurrent: the clock has not
 * told them apart. Throws {@link HistoryError} `BAD_INTERVAL` for a return before its call, or no
 * number.
 */
export function historyFromIntervals<Input, Output>(
  intervals: readonly Interval<Input, Output>[],
): History<Input, Output> {
  const events: { time: number; isReturn: boolean; interval: Interval<Input, Output> }[] = []
  for (const interval of intervals) {
    const { callTime, returnTime, output } = interval
    if (Number.isNaN(callTime) || (output !== undefined && !(returnTime >= callTime))) {
      const who = `an operation of ${interval.process}`
      const message = `${who} returns at ${returnTime}, before its call at ${callTime}`
      throw new HistoryError('BAD_INTERVAL', message)
    }
    events.push({ time: callTime, isReturn: false, interval })
    if (output !== undefined) events.push({ time: returnTime, isReturn: true, interval })
  }
  events.sort((a, b) => a.time - b.time || Number(a.isReturn) - Number(b.isReturn))
  const builder = new HistoryBuilder<Input, Output>()
  const ids = new Map<Interval<Input, Output>, OperationId>()
  for (const { time, isReturn, interval } of events) {
    const where = `time ${time}`
    if (!isReturn) ids.set(interval, builder.call(interval.process, interval.input, where))
    else builder.return(ids.get(interval) as OperationId, interval.output as Output, where)
  }
  return builder.build()
}

/** The operations of one partition, in the order of their calls. */
export interface Partition<Input, Output> {
  readonly key: string
  readonly operations: readonly Operation<Input, Output>[]
}

/** The operations, apart by `partition`, in the order in which the partitions first appear. */
export function partitionOperations<Input, Output>(
  operations: readonly Operation<Input, Output>[],
  partition: (input: Input) => string,
): readonly Partition<Input, Output>[] {
  const groups = new Map<string, Operation<Input, Output>[]>()
  for (const operation of operations) {
    const key = partition(operation.input)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [operation])
    else group.push(operation)
  }
  return [...groups].map(([key, group]) => ({ key, operations: group }))
}

/**
 * What had been seen of the operations when only the events at positions below `cut` had happened:
 * later calls are left out, and operations that return later are not answered yet.
 */
export function operationsBefore<Input, Output>(
  operations: readonly Operation<Input, Output>[],
  cut: number,
): readonly Operation<Input, Output>[] {
  return operations
    .filter((operation) => operation.callPosition < cut)
    .map((operation) => (operation.returnPosition < cut ? operation : beforeReturn(operation)))
}

/** The operation before it returned. */
function beforeReturn<Input, Output>(
  operation: Operation<Input, Output>,
): Operation<Input, Output> {
  return {
    ...operation,
    output: undefined,
    returnPosition: Number.POSITIVE_INFINITY,
    returnWhere: '',
  }
}
