/**
 * Where a server's log is, and what it knows of its cluster: a directory that is locked while it
 * runs, or memory.
 */
import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { Random } from '../base/random.ts'
import {
  type DirectoryLock,
  DirectoryLockError,
  directoryProblem,
  later,
  lockDirectory,
  NodeDisk,
} from '../disk/index.ts'
import type { Clock, SnapshotStore, Storage } from '../ports/index.ts'
import { OptionError } from '../raft/index.ts'
import {
  type ClusterRecord,
  countStart,
  defaultReserveSegments,
  defaultSegmentBytes,
  incarnationOfLog,
  isUnused,
  MemoryStorage,
  openSegmentedLog,
  readClusterRecord,
  type SegmentedLog,
  type StartRecord,
  StorageError,
  writeClusterRecord,
} from '../storage/index.ts'
import type { ServerPlan } from './server-options.ts'

export interface Data {
  readonly storage: Storage
  readonly snapshots: SnapshotStore
  /** Drawn with the log, and never again. */
  readonly incarnation: number
  /** Which opening of the directory this is; null where nothing is kept. */
  readonly start: StartRecord | null
  /** What was found damaged at this opening, where it is filled again for it. */
  readonly damage: StorageError | null
  /** To which cluster the server belongs; null where it has not come to any yet. */
  readonly record: ClusterRecord | null
  /** Durable when this returns. */
  settle(record: ClusterRecord): void
  /** Ends what is under way, and gives the directory to whoever wants it next. */
  close(): Promise<void>
}

/** A directory that is ours, and nothing read of it yet. */
export interface Place {
  /** Where it throws, nothing is left of what it made in a directory that was unused. */
  open(clock: Clock, failed: (error: Error) => void): Data
  /** Nothing was opened: it is as it was before it was taken. */
  release(): void
}

/** Locks the directory. Rejects with one line for people where that cannot be. */
export async function takePlace(plan: ServerPlan): Promise<Place> {
  const { dataDir } = plan
  if (dataDir === null) {
    return { open: openMemory, release: () => {} }
  }
  const { disk, lock } = await takeDirectory(dataDir)
  const openLog: Place['open'] = (clock, failed) => {
    const segmentBytes = plan.segmentBytes ?? defaultSegmentBytes
    let damage: StorageError | null = null
    const log = openSegmentedLog(disk, {
      // Who else takes part is in the log, and changes.
      identity: { serverId: plan.id, servers: [] },
      checksum: crc32,
      random: new Random(randomBytes(16).toString('hex')),
      soon: (callback) => clock.soon(callback),
      later,
      failed,
      segmentBytes,
      reserveBytes: plan.reserveBytes ?? defaultReserveSegments * segmentBytes,
      boundsTerms: true,
      refill: plan.refill,
      refilled: (error) => {
        damage = error
      },
      ...(plan.segmentBytes === null ? {} : { segmentBytes: plan.segmentBytes }),
    })
    let record: ClusterRecord | null
    let start: StartRecord
    try {
      record = recordOf(disk, log, plan)
      start = countStart(disk, log.logId, randomBytes(4).readUInt32LE(), crc32)
    } catch (error) {
      log.close()
      throw error
    }
    const close = (): Promise<void> => closeStorage(log).finally(() => lock.release())
    return {
      storage: log,
      snapshots: log.snapshots,
      incarnation: incarnationOfLog(log.logId),
      start,
      damage,
      record,
      settle: (settled) => writeClusterRecord(disk, log.logId, settled, crc32),
      close,
    }
  }
  const open: Place['open'] = (clock, failed) => {
    if (!isUnused(disk)) return openLog(clock, failed)
    requireStart(plan, dataDir)
    const before = disk.list()
    try {
      return openLog(clock, failed)
    } catch (error) {
      for (const name of disk.list()) {
        if (!before.includes(name) && !name.startsWith('lock.')) disk.remove(name)
      }
      throw error
    }
  }
  const release = (): void => {
    lock.release()
    disk.unmake()
  }
  return { open, release }
}

async function takeDirectory(path: string): Promise<{ disk: NodeDisk; lock: DirectoryLock }> {
  let disk: NodeDisk
  try {
    disk = new NodeDisk(path)
  } catch (error) {
    throw directoryProblem(path, error)
  }
  try {
    return { disk, lock: await lockDirectory(path) }
  } catch (error) {
    disk.unmake()
    throw error instanceof DirectoryLockError ? error : directoryProblem(path, error)
  }
}

function openMemory(clock: Clock): Data {
  const storage = new MemoryStorage((callback) => clock.soon(callback))
  return {
    storage,
    snapshots: storage.snapshots,
    incarnation: incarnationOfLog(randomBytes(8).toString('hex')),
    start: null,
    damage: null,
    record: null,
    settle: () => {},
    close: () => closeStorage(storage),
  }
}

function recordOf(disk: NodeDisk, log: SegmentedLog, plan: ServerPlan): ClusterRecord | null {
  const record = readClusterRecord(disk, log.logId, crc32)
  if (record === null) {
    if (!log.isBlank) throw lost(`${disk.path} has a log, and no cluster.json that belongs to it`)
    requireStart(plan, disk.path)
    return null
  }
  if (plan.clusterId === '' || plan.clusterId === record.clusterId) return record
  throw new OptionError(
    'clusterId',
    `must be that of ${disk.path}, which is ${record.clusterId}; it is ${plan.clusterId}`,
  )
}

/** Nobody has said what a server with nothing is to do. */
function requireStart({ id, start }: ServerPlan, path: string): void {
  if (start !== null) return
  throw new OptionError(
    'bootstrap',
    `or join must be given, since the data directory ${path} of server ${id} is empty: bootstrap ` +
      'founds a new cluster with the servers that are listed, join waits to be added to one that ' +
      'there is; if the server had data before, that is lost, and it has to join again',
  )
}

function lost(what: string): StorageError {
  const remedy = 'put it back, or let the server join again as a new one in an empty directory'
  return new StorageError('LOST', `${what}; ${remedy}`)
}

function closeStorage(storage: Storage): Promise<void> {
  return new Promise((resolve, reject) => {
    storage.close((error) => {
      if (error === null) resolve()
      else reject(error)
    })
  })
}
