/** Scenarios: Raft's histories as plays; see docs/scenarios.md and each file. */
export type { Observe, Observer, ServerView } from './observer.ts'
export { underAllInvariants } from './observer.ts'
export { type Result, runScenario } from './run.ts'
export { type Block, parseScenario, type Scenario, type Step } from './scenario.ts'
export { ScenarioError, type ScenarioErrorCode } from './scenario-error.ts'
