/** A question to a server, and the rule that it is blamed by. */
import type { Rule } from '../rules.ts'
import type { Stage } from '../stage.ts'

export interface Check {
  readonly rule: Rule
  readonly name: string
  /** The server under test and its peers. */
  readonly servers: number
  /** Whether the list of servers names the one under test. */
  readonly isListed: boolean
  /** Throws a Blame, or Inconclusive where it must be asked again. */
  readonly run: (stage: Stage) => Promise<void>
}

export function check(
  rule: Rule,
  name: string,
  run: (stage: Stage) => Promise<void>,
  servers = 3,
): Check {
  return { rule, name, servers, isListed: true, run }
}

/** The server is not one of those in the file. */
export function stranger(rule: Rule, name: string, run: (stage: Stage) => Promise<void>): Check {
  return { rule, name, servers: 3, isListed: false, run }
}
