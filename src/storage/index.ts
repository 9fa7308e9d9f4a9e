/** What other folders may see of stable storage. */
export {
  type ClusterRecord,
  type Founder,
  incarnationOfLog,
  readClusterRecord,
  writeClusterRecord,
} from './cluster-record.ts'
export { StorageError, type StorageErrorCode } from './errors.ts'
export type { Identity } from './identity.ts'
export {
  type InspectedLog,
  type Inspection,
  inspectDirectory,
  snapshotContent,
} from './inspection.ts'
export { MemorySnapshots } from './memory-snapshots.ts'
export { MemoryStorage } from './memory-storage.ts'
export {
  defaultSegmentBytes,
  isUnused,
  openSegmentedLog,
  type SegmentedLogOptions,
} from './opening.ts'
export { defaultReserveSegments } from './reserve.ts'
export type { SegmentedLog } from './segmented-log.ts'
export { countStart, readStartRecord, type StartRecord } from './start-record.ts'
