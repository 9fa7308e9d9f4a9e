/** Where a server's log is: a directory that is locked while it runs, or memory. */
import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { Random } from '../base/random.ts'
import { lockDirectory, NodeDisk } from '../disk/index.ts'
import type { Clock, SnapshotStore, Storage } from '../ports/index.ts'
import { MemoryStorage, openSegmentedLog } from '../storage/index.ts'
import type { ServerPlan } from './server-options.ts'

export interface Data {
  readonly storage: Storage
  readonly snapshots: SnapshotStore
  /** Ends what is under way, and gives the directory to whoever wants it next. */
  close(): Promise<void>
}

/** A directory that is ours, and nothing read of it yet. */
export interface Place {
  open(clock: Clock, failed: (error: Error) => void): Data
  release(): void
}

/** Locks the directory. Rejects with one line for people where that cannot be. */
export async function takePlace(plan: ServerPlan): Promise<Place> {
  const { dataDir } = plan
  if (dataDir === null) {
    return {
      open: (clock) => {
        const storage = new MemoryStorage((callback) => clock.soon(callback))
        return { storage, snapshots: storage.snapshots, close: () => closeStorage(storage) }
      },
      release: () => {},
    }
  }
  const disk = makeDirectory(dataDir)
  const lock = await lockDirectory(dataDir)
  const open: Place['open'] = (clock, failed) => {
    const storage = openSegmentedLog(disk, {
      identity: { serverId: plan.id, servers: [...plan.servers.keys()] },
      checksum: crc32,
      random: new Random(randomBytes(16).toString('hex')),
      soon: (callback) => clock.soon(callback),
      failed,
      ...(plan.segmentBytes === null ? {} : { segmentBytes: plan.segmentBytes }),
    })
    const close = (): Promise<void> => closeStorage(storage).finally(() => lock.release())
    return { storage, snapshots: storage.snapshots, close }
  }
  return { open, release: () => lock.release() }
}

function makeDirectory(path: string): NodeDisk {
  try {
    return new NodeDisk(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`cannot use the data directory ${path}: ${reason}`, { cause: error })
  }
}

function closeStorage(storage: Storage): Promise<void> {
  return new Promise((resolve, reject) => {
    storage.close((error) => {
      if (error === null) resolve()
      else reject(error)
    })
  })
}
