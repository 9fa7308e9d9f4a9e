/** The driver; see each file. */
export { Administration, type AdministrationParts } from './administration.ts'
export { callerOf, type Failure, failed, failure, type Reply } from './caller.ts'
export { clientListener } from './client-listener.ts'
export { ClientService, type ClientServiceParts } from './client-service.ts'
export { DivergenceError } from './digests.ts'
export { Replica } from './replica.ts'
export type {
  ReplicaCounters,
  ReplicaEvents,
  ReplicaParts,
  ReplicaSnapshots,
} from './replica-parts.ts'
export { Saver } from './saver.ts'
export { Server } from './server.ts'
export type { ServerParts } from './server-parts.ts'
export {
  defaultServiceOptions,
  type GivenServiceOptions,
  type ServiceOptions,
  serviceOptions,
} from './service-options.ts'
export {
  defaultSnapshotOptions,
  type GivenSnapshotOptions,
  type SnapshotOptions,
  snapshotOptions,
} from './snapshot-options.ts'
export type { SnapshotParts, SnapshotSource } from './snapshots.ts'
export {
  type ClusterStatus,
  digestText,
  type EventLoopStatus,
  type MachineStats,
  type PeerStatus,
  type ServerStatus,
  statusOf,
} from './status.ts'
export { isBelievable, termLeapMax } from './term-leap.ts'
