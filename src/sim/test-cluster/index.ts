/** Clusters to test state machines in; see docs/testing.md. */
export { clientHost, TestCluster, type TestClusterOptions } from './test-cluster.ts'
export { Unrest } from './unrest.ts'
