/**
 * What goes wrong with a scenario, always with the file and the line of the command it went wrong
 * at.
 */

/**
 * `SYNTAX`: the text is no scenario. `IMPOSSIBLE`: a command asks for what cannot happen now, such
 * as the delivery of a message that nobody sent. `EXPECTATION`: an `expect` does not hold.
 * `INVARIANT`: a server broke one of Raft's rules, or one of its own assertions.
 */
export type ScenarioErrorCode = 'SYNTAX' | 'IMPOSSIBLE' | 'EXPECTATION' | 'INVARIANT'

export class ScenarioError extends Error {
  override readonly name = 'ScenarioError'
  readonly code: ScenarioErrorCode
  readonly file: string
  /** From 1. */
  readonly line: number
  /** The message without the place. */
  readonly problem: string

  constructor(
    code: ScenarioErrorCode,
    file: string,
    line: number,
    problem: string,
    cause: unknown = null,
  ) {
    super(`${file}:${line}: ${problem}`, cause === null ? {} : { cause })
    this.code = code
    this.file = file
    this.line = line
    this.problem = problem
  }
}

/** Thrown below the level at which file and line are known; becomes a {@link ScenarioError}. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ScenarioErrorCode

  constructor(code: ScenarioErrorCode, problem: string, cause: unknown = null) {
    super(problem, cause === null ? {} : { cause })
    this.code = code
  }
}

/** The command reads well, but cannot be done now. */
export function impossible(problem: string): Problem {
  return new Problem('IMPOSSIBLE', problem)
}
