/**
 * Exactly once, counted: what the keys hold in the end against what clients were told. It needs no
 * search, so it can be certain where the checker of linearizability runs out of budget; and it is
 * the only one that sees what was promised to have had no effect.
 */
import type { Attempt } from './attempt.ts'
import { serialEnd } from './workload.ts'

/** What a key holds in the end; null where it is absent. */
export type FinalValues = ReadonlyMap<string, string | null>

/** Of one kind of operation, over all keys. */
export interface Count {
  readonly acknowledged: number
  /** Of unknown outcome, and found to have happened; and not. */
  readonly unknownApplied: number
  readonly unknownNotApplied: number
  readonly notApplied: number
}

export interface ExactlyOnce {
  readonly increments: Count
  readonly serials: Count
  readonly problems: readonly string[]
}

/** So many serial numbers are shown where there may be very many. */
const shownMax = 5

/** Looks at the keys that are only incremented, and at those that hold serial numbers alone. */
export function countExactlyOnce(
  attempts: readonly Attempt[],
  finals: FinalValues,
  kinds: { readonly counters: readonly string[]; readonly journals: readonly string[] },
): ExactlyOnce {
  const byKey = groupByKey(attempts)
  const problems: string[] = []
  const increments = kinds.counters.map((key) =>
    countIncrements(key, byKey.get(key) ?? [], finals, problems),
  )
  const serials = kinds.journals.map((key) =>
    countSerials(key, byKey.get(key) ?? [], finals, problems),
  )
  return { increments: sum(increments), serials: sum(serials), problems }
}

function groupByKey(attempts: readonly Attempt[]): Map<string, Attempt[]> {
  const groups = new Map<string, Attempt[]>()
  for (const attempt of attempts) {
    const group = groups.get(attempt.input.key)
    if (group === undefined) groups.set(attempt.input.key, [attempt])
    else group.push(attempt)
  }
  return groups
}

/** Every increment adds 1, so a counter says how many happened, and each has a sum of its own. */
function countIncrements(
  key: string,
  attempts: readonly Attempt[],
  finals: FinalValues,
  problems: string[],
): Count {
  const increments = attempts.filter(({ input }) => input.kind === 'increment')
  const { acknowledged, unknown, notApplied } = tally(increments)
  const text = finals.get(key) ?? '0'
  const value = Number(text)
  const most = acknowledged + unknown
  if (!(value >= acknowledged && value <= most)) {
    const wanted = unknown === 0 ? String(acknowledged) : `from ${acknowledged} to ${most}`
    problems.push(
      `${key} is ${text} after ${acknowledged} acknowledged increments and ${unknown} of ` +
        `unknown outcome; it must be ${wanted}`,
    )
  }
  const sums = new Set<number>()
  for (const { ending } of increments) {
    if (ending.kind !== 'acknowledged' || ending.output.kind !== 'incremented') continue
    const { sum } = ending.output
    if (sums.has(sum)) problems.push(`two increments of ${key} were both told ${sum}`)
    if (sum > value) problems.push(`${key} is ${text}, and an increment was told ${sum}`)
    sums.add(sum)
  }
  const applied = Math.min(Math.max(value - acknowledged, 0), unknown)
  return countOf(acknowledged, applied, unknown - applied, notApplied)
}

function countSerials(
  key: string,
  attempts: readonly Attempt[],
  finals: FinalValues,
  problems: string[],
): Count {
  const found = new Map<string, number>()
  for (const serial of (finals.get(key) ?? '').split(serialEnd)) {
    if (serial !== '') found.set(serial, (found.get(serial) ?? 0) + 1)
  }
  const wrong: Record<'lost' | 'repeated' | 'undead' | 'invented', string[]> = {
    ...{ lost: [], repeated: [], undead: [], invented: [] },
  }
  let applied = 0
  const appends = attempts.filter(({ input }) => input.kind === 'append')
  for (const { input, ending } of appends) {
    const serial = input.kind === 'append' ? input.value.replace(serialEnd, '') : ''
    const times = found.get(serial) ?? 0
    found.delete(serial)
    if (times > 1) wrong.repeated.push(serial)
    if (ending.kind === 'acknowledged' && times === 0) wrong.lost.push(serial)
    if (ending.kind === 'notApplied' && times > 0) wrong.undead.push(serial)
    if (ending.kind === 'unknown' && times > 0) applied += 1
  }
  wrong.invented.push(...found.keys())
  const tell = (serials: readonly string[], what: string): void => {
    if (serials.length > 0) problems.push(`${key}: ${shown(serials)} ${what}`)
  }
  tell(wrong.lost, 'acknowledged, and not there')
  tell(wrong.repeated, 'there more than once')
  tell(wrong.undead, 'promised to have had no effect, and there')
  tell(wrong.invented, 'there, and sent by nobody')
  const { acknowledged, unknown, notApplied } = tally(appends)
  return countOf(acknowledged, applied, unknown - applied, notApplied)
}

function shown(serials: readonly string[]): string {
  const more = serials.length - shownMax
  const list = serials.slice(0, shownMax).join(', ')
  return more > 0 ? `serial numbers ${list} and ${more} more` : `serial numbers ${list}`
}

function tally(attempts: readonly Attempt[]): Record<Attempt['ending']['kind'], number> {
  const counts = { acknowledged: 0, unknown: 0, notApplied: 0 }
  for (const { ending } of attempts) counts[ending.kind] += 1
  return counts
}

function countOf(
  acknowledged: number,
  unknownApplied: number,
  unknownNotApplied: number,
  notApplied: number,
): Count {
  return { acknowledged, unknownApplied, unknownNotApplied, notApplied }
}

function sum(counts: readonly Count[]): Count {
  return counts.reduce(
    (all, count) =>
      countOf(
        all.acknowledged + count.acknowledged,
        all.unknownApplied + count.unknownApplied,
        all.unknownNotApplied + count.unknownNotApplied,
        all.notApplied + count.notApplied,
      ),
    countOf(0, 0, 0, 0),
  )
}
