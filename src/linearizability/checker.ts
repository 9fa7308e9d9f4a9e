/**
 * The verdict on a history: each partition is searched by itself, all of them in turn with growing
 * shares of the budget, so that a failure in an easy partition is found however hard the others
 * are. Why an illegal history is illegal is diagnosis.ts.
 */
import type { MemoryBudget } from './configuration-cache.ts'
import type { SearchFindings } from './findings.ts'
import { type History, type Operation, partitionOperations } from './history.ts'
import type { Model } from './model.ts'
import { Search, type SearchStatus } from './search.ts'

/** `unknown`: the budget was spent before an answer was found. It is never reported as ok. */
export type Verdict = 'ok' | 'illegal' | 'unknown'

export interface CheckOptions {
  /**
   * How often the model may be asked for a next state, over all partitions; a whole number >= 0.
   * Past it the verdict is unknown. Default {@link stepsMaxDefault}. The verdict depends on nothing
   * else that varies, so equal histories get equal verdicts everywhere.
   */
  readonly stepsMax?: number
  /**
   * How many bytes the search may keep, about. Past it the partition in question is given up, and
   * the verdict is unknown unless another one is illegal. Default {@link memoryBytesMaxDefault}.
   */
  readonly memoryBytesMax?: number
  /**
   * Asked every few thousand steps; the verdict is unknown where it says yes. For callers who have
   * a clock: the checker has none.
   */
  readonly shouldStop?: () => boolean
}

/** Some ten seconds; histories of thousands of operations over some keys take under a hundredth. */
export const stepsMaxDefault = 20_000_000
/** Leaves room beside it in the heap that Node gives a process on a machine of 2 GiB. */
export const memoryBytesMaxDefault: number = 512 * 1024 * 1024

/** Which budget was spent. */
export type Exhausted = 'steps' | 'memory' | 'stopped'

/** What was found about one partition. */
export interface PartitionResult<State, Input, Output> {
  /** As {@link Model.partition} names it. */
  readonly key: string
  readonly operations: readonly Operation<Input, Output>[]
  /** `unchecked`: another partition was found illegal before this one was decided. */
  readonly verdict: Verdict | 'unchecked'
  /** What the search found out; each question works its answer out anew. */
  readonly search: SearchFindings<State, Input, Output>
}

export interface CheckResult<State, Input, Output> {
  readonly verdict: Verdict
  /** Null unless the verdict is unknown. */
  readonly exhausted: Exhausted | null
  /** Steps taken in all. */
  readonly steps: number
  readonly partitions: readonly PartitionResult<State, Input, Output>[]
}

/**
 * Tells whether the history is linearizable for the model. Deterministic unless `shouldStop` is
 * given. Throws {@link HistoryError} only where the model does not allow the operations at all.
 */
export function check<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  options: CheckOptions = {},
): CheckResult<State, Input, Output> {
  const checking = new Checking(model, history, options)
  return checking.run()
}

const sliceAtFirst = 4096
/** Between two questions to shouldStop: a few milliseconds. */
const sliceMax = 16_384

interface Task<State, Input, Output> {
  readonly key: string
  readonly operations: readonly Operation<Input, Output>[]
  readonly search: Search<State, Input, Output>
  status: SearchStatus
}

class Checking<State, Input, Output> {
  readonly #tasks: Task<State, Input, Output>[]
  readonly #shouldStop: () => boolean
  #stepsLeft: number
  #stepsTaken: number
  #exhausted: Exhausted | null
  #isIllegal: boolean

  constructor(
    model: Model<State, Input, Output>,
    history: History<Input, Output>,
    options: CheckOptions,
  ) {
    const memory: MemoryBudget = { bytesLeft: options.memoryBytesMax ?? memoryBytesMaxDefault }
    const partitions = partitionOperations(history.operations, (input) => model.partition(input))
    this.#tasks = partitions.map(({ key, operations }) => ({
      key,
      operations,
      search: new Search(model, operations, memory),
      status: 'paused',
    }))
    this.#shouldStop = options.shouldStop ?? (() => false)
    this.#stepsLeft = options.stepsMax ?? stepsMaxDefault
    if (!(this.#stepsLeft >= 0)) throw new RangeError(`stepsMax is ${this.#stepsLeft}, not >= 0`)
    this.#stepsTaken = 0
    this.#exhausted = null
    this.#isIllegal = false
  }

  run(): CheckResult<State, Input, Output> {
    let share = sliceAtFirst
    let open = this.#tasks
    while (open.length > 0 && !this.#isDecided()) {
      for (const task of open) {
        this.#runTask(task, share)
        if (this.#isDecided()) break
      }
      open = open.filter((task) => task.status === 'paused')
      share *= 2
    }
    return this.#result()
  }

  #isDecided(): boolean {
    return this.#isIllegal || this.#exhausted === 'steps' || this.#exhausted === 'stopped'
  }

  #runTask(task: Task<State, Input, Output>, share: number): void {
    let left = share
    while (left > 0 && task.status === 'paused') {
      const slice = Math.min(left, sliceMax, this.#stepsLeft)
      const before = task.search.steps
      task.status = task.search.run(slice)
      const taken = task.search.steps - before
      left -= slice
      this.#stepsLeft -= taken
      this.#stepsTaken += taken
      if (task.status === 'full') this.#exhausted = 'memory'
      if (task.status === 'illegal') this.#isIllegal = true
      if (task.status !== 'paused') task.search.release()
      else if (this.#stepsLeft <= 0) this.#exhausted = 'steps'
      else if (this.#shouldStop()) this.#exhausted = 'stopped'
      if (this.#isDecided()) return
    }
  }

  #result(): CheckResult<State, Input, Output> {
    const illegal = this.#isIllegal
    const ok = this.#tasks.every((task) => task.status === 'ok')
    const verdict = illegal ? 'illegal' : ok ? 'ok' : 'unknown'
    return {
      verdict,
      exhausted: verdict === 'unknown' ? this.#exhausted : null,
      steps: this.#stepsTaken,
      partitions: this.#tasks.map((task) => partitionResult(task, illegal)),
    }
  }
}

function partitionResult<State, Input, Output>(
  task: Task<State, Input, Output>,
  isOtherIllegal: boolean,
): PartitionResult<State, Input, Output> {
  const { key, operations, search, status } = task
  const undecided = isOtherIllegal ? 'unchecked' : 'unknown'
  const verdict = status === 'ok' || status === 'illegal' ? status : undecided
  return { key, operations, verdict, search }
}
