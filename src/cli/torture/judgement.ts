/**
 * What came out: is there an order of the operations that explains every answer, did everything
 * happen exactly once, and what was counted.
 */
import {
  check,
  diagnose,
  drawPicture,
  explain,
  type Verdict,
  versionedKvModel,
} from '../../linearizability/index.ts'
import type { Attempt, EndingKind } from './attempt.ts'
import { type Count, countExactlyOnce, type FinalValues } from './exactly-once.ts'
import type { Key } from './key-ring.ts'
import { logOrderProblems } from './log-order.ts'
import type { Recorder } from './recorder.ts'

export type OperationKind = Attempt['input']['kind']

/** Of one kind of operation. */
export interface OperationCounts {
  readonly acknowledged: number
  /** Of those: conflicts, where a condition did not hold. */
  readonly conflicts: number
  readonly notApplied: number
  readonly unknown: number
}

export interface Judgement {
  readonly operations: Readonly<Partial<Record<OperationKind, OperationCounts>>>
  readonly keys: number
  readonly linearizable: Verdict
  readonly increments: Count
  readonly serials: Count
  readonly problems: readonly string[]
  /** A page that shows a history that cannot be explained; null where it can. */
  readonly picture: string | null
}

/** How long the search for an order may take; it is a matter of a second as a rule. */
const checkMostMs = 120_000

/** And the search for the fewest answers that contradict each other: the verdict is there. */
const diagnoseMostMs = 3000

export function judge(recorder: Recorder, keys: readonly Key[], finals: FinalValues): Judgement {
  const { attempts } = recorder
  const { linearizable, problems, picture } = checkHistory(recorder)
  // Without the final values, which are missing after an early end, there is nothing to count.
  const read = keys.filter(({ name }) => finals.has(name))
  const counted = countExactlyOnce(attempts, finals, {
    counters: namesOf(read, 'counter', 'tally'),
    journals: namesOf(read, 'journal'),
  })
  return {
    operations: countOperations(attempts),
    keys: keys.length,
    linearizable,
    increments: counted.increments,
    serials: counted.serials,
    problems: [...problems, ...counted.problems, ...logOrderProblems(attempts)],
    picture,
  }
}

function namesOf(keys: readonly Key[], ...kinds: Key['kind'][]): string[] {
  return keys.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name)
}

function checkHistory(
  recorder: Recorder,
): Pick<Judgement, 'linearizable' | 'problems' | 'picture'> {
  const history = recorder.history()
  const result = check(versionedKvModel, history, {
    stepsMax: Number.POSITIVE_INFINITY,
    shouldStop: stopAfter(checkMostMs),
  })
  const { verdict } = result
  if (verdict === 'ok') return { linearizable: verdict, problems: [], picture: null }
  const diagnosis = diagnose(versionedKvModel, result, { shouldStop: stopAfter(diagnoseMostMs) })
  const words = explain(versionedKvModel, history, result, diagnosis)
  const about = { title: 'torture', model: versionedKvModel, history, result, diagnosis }
  const what =
    verdict === 'illegal'
      ? 'the history is not linearizable'
      : 'whether the history is linearizable was not found out in time'
  return { linearizable: verdict, problems: [what, ...words], picture: drawPicture(about) }
}

function stopAfter(ms: number): () => boolean {
  const end = performance.now() + ms
  return () => performance.now() >= end
}

function countOperations(attempts: readonly Attempt[]): Judgement['operations'] {
  const counts: Partial<Record<OperationKind, Record<EndingKind | 'conflicts', number>>> = {}
  for (const { input, ending } of attempts) {
    counts[input.kind] ??= { acknowledged: 0, conflicts: 0, notApplied: 0, unknown: 0 }
    const count = counts[input.kind]
    if (count === undefined) continue
    count[ending.kind] += 1
    if (ending.kind === 'acknowledged' && ending.output.kind === 'conflict') count.conflicts += 1
  }
  return counts
}
