/** The contracts between the drivers and the world; see each file. */
export type { Clock } from './clock.ts'
export type {
  Connection,
  ConnectionEvents,
  ConnectionHandlers,
  Dialer,
  Listener,
} from './connections.ts'
export type { Disk, DiskFile } from './disk.ts'
export { temporarySuffix } from './disk.ts'
export type { Recovered, SaveBatch, Storage } from './storage.ts'
export type { Lane, Receive, Source, Transport } from './transport.ts'
