/**
 * Why a history is illegal: the shortest prefix of its events that has no linearization, what was
 * possible right before, and the answers that contradict each other. In a prefix, operations that
 * return later are not answered yet; an answer that is forgotten only ever allows more, so once a
 * prefix fails all longer ones do, and the shortest is found by halving.
 */
import { assert } from '../base/assert.ts'
import { type CheckResult, memoryBytesMaxDefault, type PartitionResult } from './checker.ts'
import { type LinearizedOperation, possibleStatesMax, type SearchFindings } from './findings.ts'
import { type Operation, operationsBefore } from './history.ts'
import type { Model } from './model.ts'
import { Search, type SearchStatus } from './search.ts'

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
  /**
   * States that were possible right before the return with the operation still to come; it finds no
   * place in them.
   */
  readonly possibleStates: readonly State[]
  /**
   * True where these are all; there may be more where it is false. All, and none: the answers
   * before can be explained only if the operation took effect, with an answer other than it got. It
   * is then in the linearization, unanswered.
   */
  readonly areAllPossibleStates: boolean
  /**
   * Operations whose answers cannot all be right, whatever the other operations of the partition
   * answered, and whether or not they took effect, each in its own time. In the order of their
   * calls; `failure` is one of them.
   */
  readonly conflict: readonly Operation<Input, Output>[]
  /**
   * True where leaving out any of them leaves no contradiction; false where the budget was spent.
   */
  readonly isConflictMinimal: boolean
}

export interface DiagnosisOptions {
  /**
   * Steps of all the searches that a diagnosis makes together; past it, it says less. Default
   * {@link diagnosisStepsMaxDefault}.
   */
  readonly stepsMax?: number
  /** As {@link CheckOptions.shouldStop}; a diagnosis that is stopped says less, and stays true. */
  readonly shouldStop?: () => boolean
}

/** Some ten seconds, which only a history that is hard to check needs. */
export const diagnosisStepsMaxDefault = 50_000_000
/** Of one of the many searches for answers in conflict. One that takes long tells little. */
const conflictStepsMax = 1_000_000
/** Of a search with the whole model: it is done soon or never. */
const wideStepsMax = 100_000
/** Between two questions to shouldStop: a few milliseconds. */
const sliceMax = 16_384

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
  #stepsLeft: number
  readonly #shouldStop: () => boolean

  constructor(model: Model<State, Input, Output>, options: DiagnosisOptions) {
    this.#model = model
    this.#stepsLeft = options.stepsMax ?? diagnosisStepsMaxDefault
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
      if (probe?.status === 'ok') low = middle + 1
      else if (probe?.status === 'illegal') {
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
    if (probe?.status === 'ok') return prefix
    if (probe?.status !== 'illegal') return { ...prefix, isShortest: false }
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
    // Not narrowed by the answer that fails: the search would see it coming, and give up earlier.
    const seen = operationsBefore(operations, position)
    const wide = this.#probe(operations, { narrowed: this.#model, stepsMax: wideStepsMax })
    const isWideEnough = wide?.status === 'illegal'
    const probe = isWideEnough
      ? wide
      : this.#probe(operations, { narrowed: this.#model.narrow?.(seen) })
    if (probe?.search.furthestPosition === position) {
      const states = probe.search.furthestStates()
      return {
        linearization: this.#linearizationUpTo(partition, position) ?? probe.search.linearization(),
        possibleStates: states,
        areAllPossibleStates: isWideEnough && states.length < possibleStatesMax,
      }
    }
    // Either the operation itself has to take effect before, or the budget was spent.
    const before = this.#probe(seen)
    return {
      linearization: (before?.status === 'ok' ? before : partition).search.linearization(),
      possibleStates: [],
      areAllPossibleStates: isWideEnough,
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
      { stepsMax: conflictStepsMax },
    )
    return probe?.status ?? 'paused'
  }

  /**
   * Searches a part of the history, for half of the steps that are left unless told otherwise. Null
   * where the budget was spent before.
   */
  #probe(
    operations: readonly Operation<Input, Output>[],
    options: {
      readonly narrowed?: Model<State, Input, Output> | undefined
      readonly stepsMax?: number
    } = {},
  ): { status: SearchStatus; search: Search<State, Input, Output> } | null {
    if (this.#stepsLeft <= 0 || this.#shouldStop()) return null
    const memory = { bytesLeft: memoryBytesMaxDefault }
    const search = new Search(this.#model, operations, memory, options.narrowed)
    let left = Math.min(this.#stepsLeft, options.stepsMax ?? Math.ceil(this.#stepsLeft / 2))
    let status: SearchStatus = 'paused'
    while (status === 'paused' && left > 0 && !this.#shouldStop()) {
      const before = search.steps
      status = search.run(Math.min(left, sliceMax))
      left -= search.steps - before
    }
    // Preparing a search is work as well.
    this.#stepsLeft -= search.steps + operations.length
    search.release()
    return { status, search }
  }
}
