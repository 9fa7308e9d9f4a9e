/**
 * The order of changes across all keys: each change is told the index of its entry in the log, so
 * no two may be told the same, and one that was acknowledged before another was asked for must have
 * the lower one.
 */
import type { Attempt } from './attempt.ts'

/** So many contradictions are shown where there may be very many. */
const shownMax = 5

export function logOrderProblems(attempts: readonly Attempt[]): string[] {
  const changes = attempts.flatMap((attempt) => {
    const { ending } = attempt
    const index = ending.kind === 'acknowledged' ? ending.modificationIndex : null
    return index === null ? [] : [{ attempt, index }]
  })
  const problems: string[] = []
  const seen = new Map<number, Attempt>()
  for (const { attempt, index } of changes) {
    const other = seen.get(index)
    if (other !== undefined) {
      problems.push(`${nameOf(other)} and ${nameOf(attempt)} both have index ${index}`)
    }
    seen.set(index, attempt)
  }
  const byReturn = [...changes].sort((a, b) => a.attempt.returnMs - b.attempt.returnMs)
  const byCall = [...changes].sort((a, b) => a.attempt.callMs - b.attempt.callMs)
  let returned = 0
  let highest: (typeof changes)[number] | null = null
  for (const change of byCall) {
    for (;;) {
      const before = byReturn[returned]
      if (before === undefined || before.attempt.returnMs >= change.attempt.callMs) break
      if (highest === null || before.index > highest.index) highest = before
      returned += 1
    }
    if (highest === null || highest.index < change.index) continue
    problems.push(
      `${nameOf(change.attempt)} has index ${change.index}, after ${nameOf(highest.attempt)} ` +
        `was acknowledged with ${highest.index}`,
    )
  }
  return problems.slice(0, shownMax)
}

function nameOf({ input, callMs }: Attempt): string {
  return `${input.kind} ${input.key} of ${callMs.toFixed(0)} ms`
}
