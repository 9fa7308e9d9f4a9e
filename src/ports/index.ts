/** The contracts between the drivers and the world; see each file. */
export type { Clock } from './clock.ts'
export type {
  Connection,
  ConnectionEvents,
  ConnectionHandlers,
  Dialer,
  Listener,
} from './connections.ts'
export type { AsideFile, Disk, DiskFile, ReadFile } from './disk.ts'
export { temporarySuffix } from './disk.ts'
export type {
  SnapshotChunk,
  SnapshotReader,
  SnapshotStore,
  SnapshotWriter,
} from './snapshot-store.ts'
export type { Recovered, SaveBatch, Space, Storage } from './storage.ts'
export type { Lane, Receive, Source, Transport } from './transport.ts'
