/** What counts against a run, once it is over: the reasons for a verdict other than "equal". */
import type { Account } from './account.ts'
import type { Comparison } from './comparison.ts'

/** So many names are shown where there may be very many. */
const shownNamesMax = 5

export function problemsIn(
  { difference, faults }: Comparison,
  { committedPercent, invented }: Account,
  committedPercentMin: number,
): string[] {
  const problems = [...faults]
  if (difference !== null) problems.push(`the log files differ at line ${difference.line}`)
  if (invented.length > 0) {
    problems.push(`committed, and sent by nobody: ${invented.slice(0, shownNamesMax).join(', ')}`)
  }
  // Empty files are equal too, and say nothing.
  if (committedPercent < committedPercentMin) {
    const percent = committedPercent.toFixed(1)
    problems.push(`${percent} % of the commands are committed, less than ${committedPercentMin} %`)
  }
  return problems
}
