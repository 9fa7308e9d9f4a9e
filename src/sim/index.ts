/** The seeded world, published as `kontiki/sim`; see docs/simulation.md. */
export { type Invariant, InvariantError } from './checkers/index.ts'
export type { Broken, Failure } from './failure.ts'
export { type FaultKind, faultKinds, faultNames, isFaultKind } from './faults.ts'
export { type Mark, Marks, markNames } from './marks.ts'
export { type RunResult, runSeed } from './run.ts'
export { parseScenario, runScenario, ScenarioError } from './scenario/index.ts'
export { hunt, writeScenario } from './shrink/index.ts'
export {
  type ConnectionOptions,
  type NetworkWorld,
  type ProcessEnd,
  SimConnections,
} from './sim-connections.ts'
export type { SimProcess } from './sim-line.ts'
export { replayCommand, tellStory } from './story.ts'
export { Summary, type SummaryCounts } from './summary.ts'
export type { RunOptions, Wishes, WorkloadKind } from './swarm.ts'
export { clientHost, TestCluster, type TestClusterOptions, Unrest } from './test-cluster/index.ts'
export type { TraceEvent } from './trace.ts'
export { traceHeading, traceLine } from './trace-text.ts'
