/**
 * Why a history is illegal: the shortest prefix of its events that has no linearization, what was
 * possible right before, and the answers that contradict each other. In a prefix, operations that
 * return later are not answered yet; an answer that is forgotten only ever allows more, so once a
 * prefix fails all longer ones do, and the shortest is found by halving.
 */
import { assert } from '../base/assert.ts'
import { type CheckResult, memoryBytesMaxDefault, type PartitionResult } from './checker.ts'
import { type Operation, operationsBefore } from './history.ts'
import type { Model } from './model.ts'
import {
  type LinearizedOperation,
  possibleStatesMax,
  Search,
  type SearchFindings,
  type SearchStatus,
} from './search.ts'

export interface Diagnosis<State, Input, Output> {
  /** The partition that fails first. */
  readonly partition: PartitionResult<State, Input, Output>
  /** The length of the shortest prefix of the history's events that has no linearization. */
  readonly eventCount: number
  /** The operation whose return is the last event of that prefix: its answer cannot be. */
  readonly failure: Operation<Input, Output>
  /** False where the budget was spent first: a shorter prefix may fail too. */
  readonly isShortest: boolean
  /**
   * A linearization of the partition's events before that return; where the budget was spent, of
   * as many of them as it sufficed for.
   */
  readonly linearization: readonly LinearizedOperation<State, Input, Output>[]
  /** States that were possible right before the return, in which the operation has no place. */
  readonly possibleStates: readonly State[]
  /** True where these are all; there may be more where it is false. */
  readonly areAllPossibleStates: boolean
  /**
   * Operations whose answers cannot all be right, whatever the other operations of the partition
   * answered, and whether or not they took effect, each in its own time. In the order of their
   * calls; `failure` is one of them.
   */
  readonly conflict: readonly Operation<Input, Output>[]
  /** True where leaving out any of them leaves no contradiction; false where the budget was spent. */
  readonly isConflictMinimal: boolean
}

export interface DiagnosisOptions {
  /** Steps that one of the many small searches may take; past it, it tells nothing. */
  readonly stepsPerSearchMax?: number
  /** As {@link CheckOptions.shouldStop}; a diagnosis that is stopped says less, and stays true. */
  readonly shouldStop?: () => boolean
}

/** A tenth of a second: a diagnosis makes up to some hundred searches. */
export const stepsPerSearchMaxDefault = 200_000

/** Null unless the result is illegal. `result` is what `check` found with the same model. */
export function diagnose<State, Input, Output>(
  model: Model<State, Input, Output>,
  result: CheckResult<State, Input, Output>,
  options: DiagnosisOptions = {},
): Diagnosis<State, Input, Output> | null {
  const illegal = result.partitions.find(({ verdict }) => verdict === 'illegal')
  if (illegal === undefined) return null
  const diagnosing = new Diagnosing(model, options)
  let prefix = diagnosing.shortestPrefix(illegal, Number.POSITIVE_INFINITY, illegal.search)
  for (const partition of result.partitions) {
    if (partition === illegal || partition.verdict === 'ok') continue
    prefix = diagnosing.shorterPrefix(partition, prefix)
  }
  return diagnosing.explain(prefix)
}

/** A prefix of the history that fails because of one partition. */
interface FailingPrefix<State, Input, Output> {
  readonly partition: PartitionResult<State, Input, Output>
  readonly eventCount: number
  readonly isShortest: boolean
}

class Diagnosing<State, Input, Output> {
  readonly #model: Model<State, Input, Output>
  readonly #stepsPerSearchMax: number
  readonly #shouldStop: () => boolean

  constructor(model: Model<State, Input, Output>, options: DiagnosisOptions) {
    this.#model = model
    this.#stepsPerSearchMax = options.stepsPerSearchMax ?? stepsPerSearchMaxDefault
    this.#shouldStop = options.shouldStop ?? (() => false)
  }

  /**
   * The shortest prefix with which the partition fails, which it does with the first `eventsMax`
   * events. `findings` are those of the search that has shown this.
   */
  shortestPrefix(
    partition: PartitionResult<State, Input, Output>,
    eventsMax: number,
    findings: SearchFindings<State, Input, Output>,
  ): FailingPrefix<State, Input, Output> {
    const returns = partition.operations
      .map(({ returnPosition }) => returnPosition)
      .filter((position) => position < eventsMax && position !== Number.POSITIVE_INFINITY)
      .sort((a, b) => a - b)
    // Prefixes that end with returns[i] pass for all i < low, and fail for i = high.
    let low = returns.indexOf(findings.furthestPosition)
    let high = returns.length - 1
    assert(low >= 0, 'a search that fails has got stuck at a return')
    let middle = low
    while (low < high) {
      const eventCount = (returns[middle] as number) + 1
      const probe = this.#probe(operationsBefore(partition.operations, eventCount))
      if (probe.status === 'ok') low = middle + 1
      else if (probe.status === 'illegal') {
        high = middle
        low = Math.max(low, returns.indexOf(probe.search.furthestPosition))
      } else return { partition, eventCount: (returns[high] as number) + 1, isShortest: false }
      middle = (low + high) >> 1
    }
    return { partition, eventCount: (returns[high] as number) + 1, isShortest: true }
  }

  /** The prefix with which this other partition fails, where it fails earlier; else `prefix`. */
  shorterPrefix(
    partition: PartitionResult<State, Input, Output>,
    prefix: FailingPrefix<State, Input, Output>,
  ): FailingPrefix<State, Input, Output> {
    const eventsMax = prefix.eventCount - 1
    const probe = this.#probe(operationsBefore(partition.operations, eventsMax))
    if (probe.status === 'ok') return prefix
    if (probe.status !== 'illegal') return { ...prefix, isShortest: false }
    const shorter = this.shortestPrefix(partition, eventsMax, probe.search)
    return { ...shorter, isShortest: shorter.isShortest && prefix.isShortest }
  }

  explain(prefix: FailingPrefix<State, Input, Output>): Diagnosis<State, Input, Output> {
    const { partition, eventCount, isShortest } = prefix
    const position = eventCount - 1
    const failure = partition.operations.find((one) => one.returnPosition === position)
    assert(failure !== undefined, 'the shortest prefix that fails ends with a return')
    const operations = operationsBefore(partition.operations, eventCount)
    return {
      partition,
      eventCount,
      failure,
      isShortest,
      ...this.#lastPossible(partition, operations, position),
      ...this.#conflict(operations, failure),
    }
  }

  /** What was possible when all events before the failing return had happened. */
  #lastPossible(
    partition: PartitionResult<State, Input, Output>,
    operations: readonly Operation<Input, Output>[],
    position: number,
  ): Pick<
    Diagnosis<State, Input, Output>,
    'linearization' | 'possibleStates' | 'areAllPossibleStates'
  > {
    // Not narrowed: a narrowed model gives up before the failure, where it sees it coming.
    const { narrow: _, ...wide } = this.#model
    const probe = this.#probe(operations, wide)
    if (probe.search.furthestPosition === position) {
      const states = probe.search.furthestStates()
      return {
        linearization: this.#linearizationUpTo(partition, position) ?? probe.search.linearization(),
        possibleStates: states,
        areAllPossibleStates: probe.status === 'illegal' && states.length < possibleStatesMax,
      }
    }
    const before = this.#probe(operationsBefore(operations, position))
    const linearization = (before.status === 'ok' ? before : partition).search.linearization()
    const last = linearization.at(-1)?.state ?? this.#model.init()
    return {
      linearization: this.#linearizationUpTo(partition, position) ?? linearization,
      possibleStates: before.status === 'ok' ? [last] : [],
      areAllPossibleStates: false,
    }
  }

  /** The one the first search found, if it got there: it knows the answers that came later. */
  #linearizationUpTo(
    partition: PartitionResult<State, Input, Output>,
    position: number,
  ): readonly LinearizedOperation<State, Input, Output>[] | null {
    const { search } = partition
    return search.furthestPosition === position ? search.linearization() : null
  }

  /** Forgets answers, many at a time and then one by one, as long as a contradiction is left. */
  #conflict(
    operations: readonly Operation<Input, Output>[],
    failure: Operation<Input, Output>,
  ): Pick<Diagnosis<State, Input, Output>, 'conflict' | 'isConflictMinimal'> {
    const forgotten = new Set<number>()
    const answered = operations.filter((one) => one.output !== undefined && one.id !== failure.id)
    let isMinimal = true
    let size = Math.ceil(answered.length / 2)
    while (size >= 1) {
      const kept = answered.filter(({ id }) => !forgotten.has(id))
      for (let start = 0; start < kept.length; start += size) {
        const chunk = kept.slice(start, start + size)
        const status = this.#probeForgetting(operations, forgotten, chunk)
        if (status === 'illegal') for (const { id } of chunk) forgotten.add(id)
        else if (status !== 'ok' && size === 1) isMinimal = false
      }
      size = size === 1 ? 0 : Math.ceil(size / 2)
    }
    const conflict = answered.filter(({ id }) => !forgotten.has(id))
    conflict.push(failure)
    conflict.sort((a, b) => a.callPosition - b.callPosition)
    return { conflict, isConflictMinimal: isMinimal }
  }

  #probeForgetting(
    operations: readonly Operation<Input, Output>[],
    forgotten: ReadonlySet<number>,
    chunk: readonly Operation<Input, Output>[],
  ): SearchStatus {
    const more = new Set(chunk.map(({ id }) => id))
    const probe = this.#probe(
      operations.map((one) =>
        forgotten.has(one.id) || more.has(one.id) ? { ...one, output: undefined } : one,
      ),
    )
    return probe.status
  }

  #probe(
    operations: readonly Operation<Input, Output>[],
    model: Model<State, Input, Output> = this.#model,
  ): { status: SearchStatus; search: Search<State, Input, Output> } {
    const search = new Search(model, operations, { bytesLeft: memoryBytesMaxDefault })
    const status = this.#shouldStop() ? 'paused' : search.run(this.#stepsPerSearchMax)
    search.release()
    return { status, search }
  }
}
