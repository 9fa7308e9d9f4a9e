/** `kontiki/testing`: for testing one's own state machine. */
export { OptionError } from '../raft/index.ts'
export type { ClusterSettings } from './cluster-options.ts'
export { openCluster } from './open-cluster.ts'
export { ClusterError, type SimulatedCluster } from './simulated-cluster.ts'
