/**
 * Runs a scenario from its first line to its last, in no time and without a world. What it gives
 * back is the file as it would be recorded, and what went wrong.
 */
import { OptionError } from '../../raft/index.ts'
import type { Observe } from './observer.ts'
import { amongForgeries, underAllInvariants } from './observer.ts'
import { Performance } from './perform.ts'
import type { Protocol } from './protocol.ts'
import { rewrite, type Scenario, type Step } from './scenario.ts'
import { Problem, ScenarioError } from './scenario-error.ts'

export interface Result {
  /** The file with the outputs of this run; blocks that did not run keep theirs. */
  readonly text: string
  /** That is what the file says already. */
  readonly isAsRecorded: boolean
  /** What ended the run before its end. */
  readonly failure: ScenarioError | null
}

/** Pure: the same scenario gives the same result. `observe` says who watches it, and judges. */
export function runScenario(
  scenario: Scenario,
  observe: Observe = hasForgeries(scenario) ? amongForgeries : underAllInvariants,
): Result {
  const played = new Map<Protocol, readonly string[][]>()
  let failure: ScenarioError | null = null
  for (const protocol of scenario.protocols) {
    const outputs: string[][] = []
    played.set(protocol, outputs)
    failure ??= runIn(protocol, scenario, observe, outputs)
  }
  const text = rewrite(scenario, played)
  return { text, isAsRecorded: text === scenario.text, failure }
}

/** Adds to `outputs` what came of each paragraph; returns what went wrong. */
function runIn(
  protocol: Protocol,
  { file, blocks }: Scenario,
  observe: Observe,
  outputs: string[][],
): ScenarioError | null {
  const performance = new Performance(observe, protocol)
  let lastLine = 1
  for (const block of blocks) {
    const steps = block.steps.filter(({ only }) => only === null || only === protocol)
    const failure = runSteps(file, steps, performance)
    outputs.push(performance.takeOutput())
    if (failure !== null) return failure
    lastLine = steps.at(-1)?.line ?? lastLine
  }
  const problem = performance.end()
  return problem === null ? null : asScenarioError(problem, file, lastLine)
}

function hasForgeries({ blocks }: Scenario): boolean {
  const steps = blocks.flatMap((block) => block.steps)
  return steps.some(({ commands }) => commands.some(({ kind }) => kind === 'forge'))
}

/** Returns what went wrong, with the line at which it did. */
function runSteps(
  file: string,
  steps: readonly Step[],
  performance: Performance,
): ScenarioError | null {
  for (const { line, commands } of steps) {
    try {
      performance.perform(commands)
    } catch (error) {
      return asScenarioError(error, file, line)
    }
  }
  return null
}

/**
 * Options that cannot be are told as such; what is not foreseen breaks an invariant of somebody.
 */
function asScenarioError(error: unknown, file: string, line: number): ScenarioError {
  if (error instanceof Problem) {
    return new ScenarioError(error.code, file, line, error.message, error.cause ?? null)
  }
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof OptionError ? 'IMPOSSIBLE' : 'INVARIANT'
  return new ScenarioError(code, file, line, message, error)
}
